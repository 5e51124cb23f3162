/**
  Makes the function `imageIndex`, which puts the images of one container for several platforms under one name (image-spec,
  image-index.md). The platform of each is that of its package set.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  # Type
  AttrSet -> { images, name, tag ? "latest" } -> Derivation
*/
setting:
let
  inherit (builtins)
    intersectAttrs
    isAttrs
    isList
    isString
    ;
  inherit (import ./internal/message.nix) argumentErrorOf concatIndexed describe;
  derive = import ./internal/derive.nix setting;
  forms = import ./internal/forms.nix setting;
  handOn = import ./internal/hand-on.nix setting;

  argumentError = argumentErrorOf "imageIndex";
  checked = import ./internal/known-arguments.nix {
    function = "imageIndex";
    known = [
      "images"
      "name"
      "tag"
    ];
    example = "{ name = \"web\"; images = [ … ]; }";
  };

  recipeOf =
    index: image:
    if isAttrs image && image ? layout && image ? outPath then
      [ "${image}" ]
    else
      argumentError "images[${toString index}]" "found ${describe image}, want an image, such as container.image";
in
given:
let
  arguments = checked given;
  images = arguments.images or null;
  name = arguments.name or null;
  # The last part of the image's name, without what no store path may have.
  derived = builtins.baseNameOf name;
  recipe = derive "oci-bundle-image" [ ] {
    name = "${derived}-index";
    args = [ "build-index" ];
    __structuredAttrs = true;
    recipes = concatIndexed recipeOf images;
    indexName = derived;
    image.image = intersectAttrs {
      name = null;
      tag = null;
    } arguments;
  };
  programs = handOn {
    name = derived;
    recipe = "${recipe}";
  };
in
if !isList images then
  argumentError "images" "found ${describe images}, want a list of images, such as [ container.image ]"
else if !isString name then
  argumentError "name" "found ${describe name}, want a string, such as \"registry.example.org/web\""
else
  recipe
  // {
    meta.description = "OCI image index of ${derived}, without the bytes of its layers";
    inherit (programs) copyTo copyToRegistry;
  }
  // forms {
    name = "${derived}-index";
    what = "image index of ${derived}";
    recipe = "${recipe}";
  }
