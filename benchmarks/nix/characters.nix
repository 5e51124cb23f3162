/**
  Evaluates a container with a store path that `count` characters follow which might belong to its name.
*/
{ count }:
let
  benchmarks = import ./.;
  inherit (benchmarks) pkgs buildContainer;
  characters = builtins.concatStringsSep "" (builtins.genList (_: "a") count);
in
(buildContainer {
  args = [
    "${pkgs.hello}/bin/hello"
    "${pkgs.hello}-${characters}"
  ];
}).drvPath
