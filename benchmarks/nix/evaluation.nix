/**
  Evaluates `count` containers, each another one, down to their derivations.
*/
{ way, count }:
let
  benchmarks = import ./.;
  inherit (benchmarks) pkgs buildContainer tarContainer;

  drvPath = {
    oci-bundle =
      index:
      (buildContainer {
        args = [
          "${pkgs.hello}/bin/hello"
          "--greeting=${toString index}"
        ];
        env.NUMBER = toString index;
        mounts."/data" = "/srv/${toString index}";
        user.uid = index;
      }).drvPath;
    # nixpkgs' function finds the closure of whole strings only.
    tar = index: (tarContainer [ "${pkgs.hello}/bin/hello" ]).container.drvPath + toString index;
  };
  paths = builtins.genList drvPath.${way} count;
in
builtins.deepSeq paths (builtins.length paths)
