/**
  What a container has beside its bundle.

  # Inputs
  `oci-bundle`
  : The package of the builder, for the system that builds.

  `host`
  : The packages of the system that containers run on: `oci-bundle`, and `crun`, which starts a container that names no
    runtime. They are looked at when `run` is.

  # Type
  { oci-bundle, buildSystem, host } -> { name, bundle, arguments, closure } -> AttrSet
*/
{
  oci-bundle,
  buildSystem,
  host,
}:
{
  name,
  bundle,
  arguments,
  # Store paths.
  closure,
}:
let
  builder = "${oci-bundle}/bin/oci-bundle";
  command = "run-${name}";

  # The program of a package as nixpkgs' lib.getExe finds it; a string or a path is the program itself.
  program =
    package:
    let
      parsed = builtins.parseDrvName package.name;
    in
    if builtins.isAttrs package then
      "${package.bin or package}/bin/${package.meta.mainProgram or package.pname or parsed.name}"
    else
      "${package}";
  runtime =
    if (arguments.runtime or null) != null then
      arguments.runtime
    else
      host.crun
        or (throw "buildContainer: runtime: missing, as the package set has no crun; want a package of an OCI runtime, such as pkgs.runc");
in
{
  inherit bundle;

  # The arguments, as they came.
  config = arguments;

  # A file with the store paths of the closure, a line each.
  closure = derivation (
    {
      name = "${name}-closure";
      system = buildSystem;
      inherit builder;
      args = [ "write-closure" ];
      __structuredAttrs = true;
    }
    // (if closure == [ ] then { } else { exportReferencesGraph = { inherit closure; }; })
  );

  # A package with a program that runs the bundle.
  run =
    derivation {
      name = command;
      system = buildSystem;
      inherit builder;
      args = [
        "write-launcher"
        command
        (program host.oci-bundle)
        (program runtime)
        "${bundle}"
      ];
    }
    // {
      meta = {
        description = "Runs the container ${name}";
        mainProgram = command;
      };
    };
}
