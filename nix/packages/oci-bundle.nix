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
    "cli"
  ];
  inherit doCheck;
}
