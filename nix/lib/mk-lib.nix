/**
  The library for any package set, with or without our overlay, also of pkgsCross. Containers are for the set's system, and are
  built on the system of its `buildPackages`.

  # Inputs
  `pkgs`
  : The package set, such as nixpkgs.legacyPackages.x86_64-linux.

  # Type
  mkLib :: AttrSet -> { buildContainer :: AttrSet -> Container; buildImage, imageIndex, testContainers :: AttrSet -> Derivation; }
*/
let
  inherit (builtins) isAttrs;
  inherit (import ./internal/message.nix) describe;
  packages = set: import ../packages { inherit (set) callPackage; };
in
pkgs:
let
  setting = {
    build = pkgs.buildPackages // packages pkgs.buildPackages;
    buildSystem = pkgs.stdenv.buildPlatform.system;
    hostSystem = pkgs.stdenv.hostPlatform.system;
    host = pkgs // packages pkgs;
  };
in
if !(isAttrs pkgs && pkgs ? stdenv && pkgs ? callPackage) then
  throw "mkLib: found ${describe pkgs}, want a package set, such as nixpkgs.legacyPackages.x86_64-linux or import <nixpkgs> { }"
else
  {
    buildContainer = import ./build-container.nix setting;
    buildImage = import ./build-image.nix setting;
    imageIndex = import ./image-index.nix setting;
    testContainers = import ./test-containers.nix setting;
  }
