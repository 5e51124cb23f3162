/**
  A test of a container, with and without a filter of system calls, and a derivation with the same input that does nothing. Each value
  of `salt` is another derivation.
*/
{ kind, salt }:
let
  pkgs = (import ../../tests/pkgs { }).extend (import ../../nix/overlay.nix);
  container = more: pkgs.ociTools.buildContainer ({ args = [ "${pkgs.hello}/bin/hello" ]; } // more);
  test =
    container:
    container.test {
      stdout = "Hello, world!\n";
      env.SALT = salt;
    };
in
{
  test = test (container { });
  unfiltered = test (container {
    seccomp = null;
  });
  nothing = derivation {
    inherit salt;
    name = "nothing";
    system = builtins.currentSystem;
    builder = "${pkgs.busybox}/bin/busybox";
    args = [
      "sh"
      "-c"
      "echo >$out"
    ];
    input = "${container { }}";
  };
}
.${kind}
