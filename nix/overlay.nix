/**
  Adds our packages, and puts our `buildContainer` in the place of nixpkgs' own.

  The builder runs while the container is built, so it comes from the packages of the system that builds; the contents
  are for the system of the set that the overlay is applied to.
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
