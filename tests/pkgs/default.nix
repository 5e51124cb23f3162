/**
  A package set with the names and meanings of nixpkgs, as far as this
  project's examples and tests need them.

  `overlays` is a list of functions `final: prev: { … }`, applied in order;
  `extend` adds one more to a set that already exists.
*/
{
  system ? builtins.currentSystem,
  overlays ? [ ],
  ...
}:
let
  lib = import ./lib.nix;

  /**
    Calls a function (or the file holding one) with the arguments it names,
    taken from the final set; `override` calls it again with some replaced.
  */
  callPackage =
    file: args:
    let
      function = if builtins.isFunction file then file else import file;
      wanted = builtins.functionArgs function;
      all = builtins.intersectAttrs wanted final // args;
      result = function all;
      override =
        change: callPackage function (args // (if builtins.isFunction change then change all else change));
    in
    if builtins.isAttrs result then result // { inherit override; } else result;

  platform = {
    inherit system;
    isLinux = true;
    parsed.cpu.name = builtins.head (builtins.match "([^-]*)-.*" system);
    isx86_64 = system == "x86_64-linux";
    isAarch64 = system == "aarch64-linux";
  };

  base = {
    inherit callPackage lib system;

    pkgs = final;
    # Nothing is compiled for another system here: a set of pkgsCross has that system's own packages.
    buildPackages = final;
    pkgsCross.aarch64-multiplatform = import ./. {
      system = "aarch64-linux";
      overlays = overlays ++ [
        (_: prev: {
          buildPackages = final;
          stdenv = prev.stdenv // {
            buildPlatform = platform;
          };
        })
      ];
    };
    stdenv = {
      inherit system;
      hostPlatform = platform;
      buildPlatform = platform;
    };

    extend =
      overlay:
      import ./. {
        inherit system;
        overlays = overlays ++ [ overlay ];
      };

    ociTools.buildContainer = throw "ociTools.buildContainer: this stand-in for nixpkgs has none; apply the project's overlay";
  };

  # Each file is a function of the final set, so that overlays reach into it.
  sets = [
    (_: base)
    (import ./programs.nix)
    (import ./builders.nix)
    (import ./docker-tools.nix)
    (import ./rust.nix)
  ];

  final = builtins.foldl' (prev: overlay: prev // overlay final prev) (builtins.foldl' (
    set: part: set // part final
  ) { } sets) overlays;
in
final
