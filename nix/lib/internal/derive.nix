/**
  A derivation that one of our programs builds, where the reference graph of some store paths is at hand.

  # Inputs
  `program`
  : Its name, which is its package's, too. All that it builds is built again when it changes.

  `closure`
  : The store paths; with any, the attributes have to be structured.

  `attributes`
  : The derivation's own, `name` and `args` among them.

  # Type
  derive :: { build, buildSystem } -> String -> [String] -> AttrSet -> Derivation
*/
{ build, buildSystem, ... }:
program: closure: attributes:
derivation (
  {
    system = buildSystem;
    builder = "${build.${program}}/bin/${program}";
    # The inputs are far larger than the work, so they are not sent to another machine. A binary cache may be asked all the same
    # (allowSubstitutes stays true): who takes the output from there needs neither the closure nor the builder, nor a machine of
    # this system.
    preferLocalBuild = true;
  }
  # Nix refuses to export the graph of nothing.
  // (if closure == [ ] then { } else { exportReferencesGraph = { inherit closure; }; })
  // attributes
)
