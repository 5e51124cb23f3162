/**
  The program for images. Nothing uses it yet.
*/
{
  rustPlatform,
  lib,
  doCheck ? false,
}:
import ./package.nix { inherit rustPlatform lib; } {
  directory = "image";
  sources = [
    "image/Cargo.toml"
    "image/Cargo.lock"
    "image/src"
  ];
  inherit doCheck;
}
