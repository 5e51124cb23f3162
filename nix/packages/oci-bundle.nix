/**
  The program for people, which runs containers. Nix runs it for wrappers and closure lists.
*/
{
  rustPlatform,
  lib,
  doCheck ? false,
}:
import ./package.nix { inherit rustPlatform lib; } {
  directory = "cli";
  sources = [
    "Cargo.toml"
    "Cargo.lock"
    "src"
    "cli/Cargo.toml"
    "cli/Cargo.lock"
    "cli/src"
  ]
  ++ lib.optional doCheck "cli/tests";
  inherit doCheck;
}
