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
  inherit (builtins)
    filter
    head
    isAttrs
    isString
    parseDrvName
    unsafeDiscardStringContext
    ;
  inherit (import ./message.nix) describe mistake;
  inherit (import ./text.nix) isText;

  builder = "${oci-bundle}/bin/oci-bundle";
  command = "run-${name}";

  # The program of a package as nixpkgs' lib.getExe finds it; a string or a path is the program itself.
  program =
    attribute: package:
    let
      given = filter (name: name != null) [
        (package.meta.mainProgram or null)
        (package.pname or null)
        (parseDrvName (unsafeDiscardStringContext package.name)).name
      ];
      name = head given;
      directory = if isText (package.bin or null) then package.bin else package;
    in
    if !isText package then
      mistake attribute "found ${describe package}, want a package, such as pkgs.runc, or the path of a program"
    else if !(isAttrs package && package ? outPath) then
      "${package}"
    else if !isString (package.name or null) then
      mistake attribute "found an attribute set without a name, want a package, such as pkgs.runc, or the path of a program"
    else if !isString name then
      mistake "${attribute}.meta.mainProgram" "found ${describe name}, want the name of a program in the package's bin"
    else
      "${directory}/bin/${name}";
  runtime =
    if (arguments.runtime or null) != null then
      arguments.runtime
    else
      host.crun
        or (mistake "runtime" "missing, as the package set has no crun; want a package of an OCI runtime, such as pkgs.runc");
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
        (program "pkgs.oci-bundle" host.oci-bundle)
        (program "runtime" runtime)
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
