/**
  A derivation that one of our programs builds, with the reference graph of some store paths as input.

  # Inputs
  `program`
  : Its name, which is also its package's. A change to it rebuilds everything that it builds.

  `closure`
  : The store paths. If there are any, the attributes have to be structured.

  `attributes`
  : The derivation's other attributes, among them `name` and `args`.

  # Type
  derive :: { build, buildSystem } -> String -> [String] -> AttrSet -> Derivation
*/
{ build, buildSystem, ... }:
program: closure: attributes:
derivation (
  {
    system = buildSystem;
    builder = "${build.${program}}/bin/${program}";
    # The inputs are far larger than the work, so do not send them to another machine. Do ask binary caches (allowSubstitutes
    # stays true): an output from there needs neither the closure nor the builder, nor a machine of this system.
    preferLocalBuild = true;
  }
  # Nix refuses to export an empty graph.
  // (if closure == [ ] then { } else { exportReferencesGraph = { inherit closure; }; })
  // attributes
)
