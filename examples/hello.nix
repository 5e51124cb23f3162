/**
  A container that greets.
*/
{ pkgs }:
pkgs.ociTools.buildContainer {
  args = [
    "${pkgs.hello}/bin/hello"
    "--greeting=Hello from a container that Nix built."
  ];
  readonly = true;
}
