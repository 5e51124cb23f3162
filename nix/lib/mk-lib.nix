/**
  The library for a package set, with or without our overlay, also one of pkgsCross: containers are for the system of the set,
  and built on that of its `buildPackages`.

  # Inputs
  `pkgs`
  : The package set, such as nixpkgs.legacyPackages.x86_64-linux.

  # Type
  mkLib :: AttrSet -> { buildContainer :: AttrSet -> Container; }
*/
let
  inherit (builtins) intersectAttrs isAttrs;
  inherit (import ./internal/message.nix) describe;
  packages = set: import ../packages { inherit (set) callPackage; };
in
pkgs:
if !(isAttrs pkgs && pkgs ? stdenv && pkgs ? callPackage) then
  throw "mkLib: found ${describe pkgs}, want a package set, such as nixpkgs.legacyPackages.x86_64-linux or import <nixpkgs> { }"
else
  {
    buildContainer = import ./build-container.nix {
      build = packages pkgs.buildPackages;
      buildSystem = pkgs.stdenv.buildPlatform.system;
      hostSystem = pkgs.stdenv.hostPlatform.system;
      host = intersectAttrs { crun = null; } pkgs // packages pkgs;
    };
  }
