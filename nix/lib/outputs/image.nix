/**
  The image: its recipe, and the forms that it takes.

  The recipe names the closure, so Nix keeps that for as long as the recipe. The bytes of layers are made from it when somebody wants
  them, by the program that has made the recipe.
*/
setting:
let
  inherit (builtins) intersectAttrs;
  derive = import ../internal/derive.nix setting;
  forms = import ../internal/forms.nix setting;
  handOn = import ../internal/hand-on.nix setting;

  # What the configuration of an image has.
  ofImages = {
    image = null;
    ports = null;
    stopSignal = null;
    volumes = null;
  };
in
{
  name,
  arguments,
  closure,
  ...
}:
let
  recipe = derive "oci-bundle-image" closure {
    name = "${name}-image";
    inherit (setting) hostSystem;
    args = [ "build" ];
    __structuredAttrs = true;
    containerName = name;
    container = removeAttrs arguments (builtins.attrNames ofImages ++ [ "name" ]);
    # A plan puts it in front of the program. The configuration keeps it there, whatever a user of the image runs.
    image = intersectAttrs (ofImages // { init = null; }) arguments;
  };
in
recipe
// {
  meta.description = "OCI image of ${name}, without the bytes of its layers";
}
// forms {
  inherit name;
  what = "image of ${name}";
  recipe = "${recipe}";
}
// handOn {
  inherit name;
  recipe = "${recipe}";
}
