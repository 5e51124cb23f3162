/**
  Adds our packages, and replaces nixpkgs' `buildContainer` with ours.

  The builder runs when the container is built, so it comes from the packages of the build system; the contents are for the system
  of the set that the overlay is applied to.
*/
final: prev:
import ./packages { inherit (final) callPackage; }
// {
  ociTools = (prev.ociTools or { }) // {
    buildContainer = import ./lib/build-container.nix {
      build = final.buildPackages;
      buildSystem = final.stdenv.buildPlatform.system;
      hostSystem = final.stdenv.hostPlatform.system;
      host = final;
    };
  };
}
