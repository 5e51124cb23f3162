/**
  The image: its recipe, and the forms that it takes.

  The recipe names the closure, so Nix keeps that for as long as the recipe. The bytes of layers are made from it when somebody wants
  them, by the program that has made the recipe.
*/
setting:
let
  inherit (builtins) compareVersions intersectAttrs nixVersion;
  derive = import ../internal/derive.nix setting;
  handOn = import ../internal/hand-on.nix setting;

  # As for bundles (bundle.nix).
  canDiscard = compareVersions nixVersion "2.14" < 0 || compareVersions nixVersion "2.16" >= 0;

  # What only an image uses.
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
    image = intersectAttrs ofImages arguments;
  };

  # Another form of the image, with all its bytes.
  form =
    form: description:
    derive "oci-bundle-image" [ ] {
      name = "${name}-${form}";
      args = [ "build-form" ];
      recipe = "${recipe}";
      inherit form;
      # It has the bytes of the store paths, and needs them no more.
      __structuredAttrs = true;
      ${if canDiscard then "unsafeDiscardReferences" else null}.out = true;
    }
    // {
      meta = { inherit description; };
    };
in
recipe
// {
  meta.description = "OCI image of ${name}, without the bytes of its layers";

  # An image layout (image-spec, image-layout.md).
  layout = form "layout" "OCI image layout of ${name}";

  # One archive that docker, podman, ctr and skopeo load.
  archive = form "archive" "Archive of the OCI image of ${name}";
}
// handOn {
  inherit name;
  recipe = "${recipe}";
}
