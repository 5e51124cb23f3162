/**
  The program that Nix runs inside the builds of bundles. Every container's derivation names it.
*/
{
  rustPlatform,
  lib,
  doCheck ? false,
}:
import ./package.nix { inherit rustPlatform lib; } {
  sources = [
    "Cargo.toml"
    "Cargo.lock"
    "src"
  ]
  ++ lib.optional doCheck "tests/builder";
  inherit doCheck;
}
