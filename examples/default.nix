/**
  The example containers, by name. `nix build .#hello` builds one.
*/
{ pkgs }:
let
  # Those that are templates are flakes of their own, whose only system stands for any here.
  fromTemplate =
    name:
    let
      outputs = (import (./. + "/${name}/flake.nix")).outputs {
        nixpkgs.legacyPackages.x86_64-linux = pkgs;
        oci-bundle.lib.x86_64-linux = pkgs.ociTools;
      };
    in
    outputs.packages.x86_64-linux.${name};
in
{
  hello = import ./hello.nix { inherit pkgs; };
  nginx = import ./nginx.nix { inherit pkgs; };
  python = import ./python.nix { inherit pkgs; };
  redis = fromTemplate "redis";
  shell = fromTemplate "shell";
  web = fromTemplate "web";
}
