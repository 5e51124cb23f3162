/**
  The program for images: Nix runs it for recipes, and what it makes of them.
*/
{
  rustPlatform,
  lib,
  doCheck ? false,
}:
import ./package.nix { inherit rustPlatform lib; } {
  directory = "image";
  sources = [
    "Cargo.toml"
    "Cargo.lock"
    "src"
    "image/Cargo.toml"
    "image/Cargo.lock"
    "image/src"
  ];
  inherit doCheck;
}
