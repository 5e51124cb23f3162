/**
  Makes the function `buildContainer`, which turns its arguments into an OCI runtime bundle.

  It checks the arguments' shapes, finds the store paths in them and names the derivation; the builder does the rest.
  It uses only `builtins`, so any package set will do.

  # Inputs
  `build`
  : The packages of the build system: `oci-bundle-builder` builds bundles, `oci-bundle` the other outputs, and `nix` and `sqlite` the
    database of `nixDatabase`.

  `buildSystem`
  : The Nix system of the build, such as "x86_64-linux".

  `hostSystem`
  : The Nix system of the containers' contents.

  `host`
  : The packages of that system: `container.run` uses `oci-bundle` and `crun`, and `init` is `catatonit`.

  # Type
  { build, buildSystem, hostSystem, host } -> AttrSet -> Derivation
*/
{
  build,
  buildSystem,
  hostSystem ? buildSystem,
  host ? build,
}:
let
  define = import ./internal/define.nix {
    inherit
      build
      buildSystem
      hostSystem
      host
      ;
  } "buildContainer";
  override = import ./override.nix "buildContainer" buildContainer;
  extend = import ./extend.nix "buildContainer" buildContainer;

  buildContainer =
    container:
    let
      inherit (define container) given outputs;
      passthru = outputs // {
        # The arguments, as given.
        config = given;
      };
    in
    outputs.bundle
    // passthru
    // {
      inherit passthru;
      override = override given;
      extend = extend given;
    };
in
buildContainer
