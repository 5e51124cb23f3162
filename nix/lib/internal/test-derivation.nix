/**
  A test of containers: a derivation that runs them in Nix's sandbox, and fails if they do something else than expected.

  It is for the containers' system, and so are the programs in it, which it takes from the setting's `host`. crun runs without
  cgroups, of which a sandbox has none, so a test takes no other runtime.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  `argumentError`
  : A function of an argument's name and what is wrong with it, which throws the error.

  `name`
  : The name of the test.

  `nodes`
  : The containers: a list of `{ name, bundle }`.

  `isNamed`
  : Whether the script names its containers.

  `test`
  : The arguments, of which `packages` becomes a search path; null for one without expectations.

  # Type
  AttrSet -> { argumentError, name, nodes, isNamed, test } -> Derivation
*/
setting:
let
  inherit (builtins) isList removeAttrs;
  inherit (setting) host hostSystem;
  inherit (import ./message.nix) describe;
  inherit (import ./text.nix) isText;
  derive = import ./derive.nix setting;
  program = import ./program.nix;

in
{
  argumentError,
  name,
  nodes,
  isNamed,
  test,
}:
let
  # The package `name` of the containers' package set.
  needed =
    name: why:
    host.${name} or (argumentError "pkgs.${name}" "the package set has none, and it ${why}; add one");

  # nixpkgs' lib.getBin.
  binOf =
    package:
    if isText package then
      "${package.bin or package}/bin"
    else
      argumentError "packages" "found ${describe package}, want packages, such as pkgs.curl";

  # What a script of bash does little without.
  common = map (name: needed name "is at hand in every script") [
    "bash"
    "coreutils"
    "gnugrep"
  ];

  hasScript = isNamed || test ? script;
  packages = test.packages or [ ];
  attributes = {
    inherit nodes isNamed;
    runtime = program "pkgs.crun" (needed "crun" "runs the container in Nix's sandbox");
    # A shell for people also runs a script, and somebody may want one where the script has ended.
    shell = program "pkgs.bash" (host.bashInteractive or (needed "bash" "runs the script"));
    path =
      if !isList packages then
        argumentError "packages" "found ${describe packages}, want a list of packages, such as [ pkgs.curl ]"
      else
        map binOf (packages ++ common);
    test =
      if test == null then
        null
      else
        removeAttrs test [
          "packages"
          "requiredSystemFeatures"
        ];
  };
  # A test without a script needs no shell.
  builtWith =
    if hasScript then
      attributes
    else
      attributes
      // {
        shell = null;
        path = [ ];
      };
in
derivation (
  builtWith
  // {
    inherit name;
    system = hostSystem;
    builder = program "pkgs.oci-bundle" host.oci-bundle;
    args = [ "test" ];
    preferLocalBuild = true;
    __structuredAttrs = true;
    # Such as uid-range, with which the sandbox has more than one user id.
    requiredSystemFeatures = test.requiredSystemFeatures or [ ];
  }
)
// {
  meta.description = "A test of the ${if isNamed then "containers" else "container"} ${name}";

  # The same on this machine, with a shell where it has ended.
  interactive =
    derive "oci-bundle" [ ] {
      inherit name;
      args = [
        "write-test-wrapper"
        name
        (program "pkgs.oci-bundle" host.oci-bundle)
      ];
      __structuredAttrs = true;
      test = attributes;
    }
    // {
      meta = {
        description = "Runs the test ${name} on this machine, with a shell where it has ended";
        mainProgram = name;
      };
    };
}
