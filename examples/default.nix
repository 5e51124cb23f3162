/**
  The example containers, by name. `nix build .#hello` builds one.
*/
{ pkgs }:
{
  hello = import ./hello.nix { inherit pkgs; };
  nginx = import ./nginx.nix { inherit pkgs; };
  python = import ./python.nix { inherit pkgs; };
}
