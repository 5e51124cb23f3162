/**
  A container that computes.
*/
{ pkgs }:
let
  script = pkgs.writeText "mersenne.py" ''
    import math

    exponent = 127
    number = 2**exponent - 1
    print(f"2 ** {exponent} - 1 = {number}")
  '';
in
pkgs.ociTools.buildContainer {
  name = "python";
  args = [
    "${pkgs.python3}/bin/python3"
    "${script}"
  ];
  readonly = true;
}
