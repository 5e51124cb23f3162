/**
  Adds our packages, and replaces nixpkgs' `ociTools.buildContainer` with ours, beside which it puts
  `ociTools.buildImage`, `ociTools.imageIndex` and `ociTools.testContainers`.

  The builder runs when the container is built, so it comes from the packages of the build system; the contents are for the system
  of the set that the overlay is applied to.
*/
final: prev:
import ./packages { inherit (final) callPackage; }
// {
  ociTools =
    let
      setting = {
        build = final.buildPackages;
        buildSystem = final.stdenv.buildPlatform.system;
        hostSystem = final.stdenv.hostPlatform.system;
        host = final;
      };
    in
    (prev.ociTools or { })
    // {
      buildContainer = import ./lib/build-container.nix setting;
      buildImage = import ./lib/build-image.nix setting;
      imageIndex = import ./lib/image-index.nix setting;
      testContainers = import ./lib/test-containers.nix setting;
    };
}
