/**
  oci-bundle without flakes: `(import ./. { inherit pkgs; }).buildContainer { args = [ … ]; }`.
*/
{
  pkgs ? import <nixpkgs> { },
}:
let
  mkLib = import ./nix/lib/mk-lib.nix;
in
{
  inherit (import ./nix/packages { inherit (pkgs) callPackage; }) oci-bundle oci-bundle-image;
  inherit (mkLib pkgs)
    buildContainer
    buildImage
    imageIndex
    testContainers
    ;
  inherit mkLib;
  overlay = import ./nix/overlay.nix;
}
