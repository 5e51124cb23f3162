/**
  The same containers, made in several ways: in `containers.<closure>.<way>` are `container`, and the other derivations
  that are made for this container only.
*/
let
  pkgs = (import ../../tests/pkgs { }).extend (import ../../nix/overlay.nix);
  inherit (pkgs.ociTools) buildContainer;
  tarContainer = import ./tar-container.nix pkgs;

  large = import ./large-closure.nix pkgs;

  closures = {
    hello = [ "${pkgs.hello}/bin/hello" ];
    python = [ "${pkgs.python3}/bin/python3" ];
    # Nothing in there can be run.
    large = [ "${large.closure}" ];
  };

  ways = args: {
    copy = {
      container = buildContainer {
        inherit args;
        name = "copy";
        checkProgram = false;
      };
    };
    mount = {
      container = buildContainer {
        inherit args;
        name = "mount";
        checkProgram = false;
        store = "mount";
      };
    };
    tar = tarContainer args;
    # What it takes Nix to start a builder that has the same store paths at hand.
    nothing.container = derivation {
      name = "nothing";
      system = builtins.currentSystem;
      inputs = args;
      builder = "${pkgs.busybox}/bin/busybox";
      args = [
        "sh"
        "-c"
        "echo > $out"
      ];
    };
  };
in
{
  containers = builtins.mapAttrs (_: ways) closures;

  # What has to be there before anything is measured.
  inputs = [
    pkgs.oci-bundle
    pkgs.bash
    pkgs.gnutar
    pkgs.findutils
  ]
  ++ map (args: pkgs.writeText "inputs" (toString args)) (builtins.attrValues closures);

  # What takes room and is of no other use.
  generated = large.parts;

  inherit buildContainer pkgs tarContainer;
}
