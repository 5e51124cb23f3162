/**
  oci-bundle without flakes: `(import ./. { inherit pkgs; }).buildContainer { args = [ … ]; }`.
*/
{
  pkgs ? import <nixpkgs> { },
}:
let
  extended = pkgs.extend (import ./nix/overlay.nix);
in
{
  inherit (extended) oci-bundle;
  inherit (extended.ociTools) buildContainer;
  overlay = import ./nix/overlay.nix;
}
