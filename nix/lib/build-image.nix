/**
  Makes the function `buildImage`, which turns the arguments of buildContainer into an OCI image, for those who want no bundle. It is
  the same derivation as that container's `image`.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  # Type
  AttrSet -> AttrSet -> Derivation
*/
setting:
let
  inherit (builtins)
    attrNames
    elem
    filter
    head
    ;
  inherit (import ./internal/message.nix) argumentErrorOf;
  argumentsOf = import ./arguments.nix;
  define = import ./internal/define.nix setting "buildImage";
  override = import ./override.nix "buildImage" buildImage;
  extend = import ./extend.nix "buildImage" buildImage;

  # What an image cannot carry is kept in it as an annotation, for whoever runs it. These say how a bundle is built or started, and
  # would be for nothing.
  isOfImages = name: elem "image" argumentsOf.${name}.usedBy;

  buildImage =
    container:
    let
      inherit (define container) arguments given outputs;
      others = filter (name: !isOfImages name) (attrNames arguments);
      passthru = {
        inherit (outputs) closure;
        # The arguments, as given.
        config = given;
      };
    in
    if others != [ ] then
      argumentErrorOf "buildImage" (head others)
        "is for bundles, and an image has no use for it; leave it out, or take the image of buildContainer { … }"
    else
      outputs.image
      // passthru
      // {
        inherit passthru;
        override = override given;
        extend = extend given;
      };
in
buildImage
