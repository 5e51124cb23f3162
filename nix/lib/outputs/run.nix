/**
  A package with a program that runs the bundle.

  It takes `oci-bundle`, and `crun` for a container that names no runtime, from the setting's `host`. Only evaluating `run` evaluates
  these.
*/
setting:
let
  inherit (builtins)
    filter
    head
    isAttrs
    isString
    parseDrvName
    unsafeDiscardStringContext
    ;
  inherit (setting) host;
  derive = import ../internal/derive.nix setting;
  inherit (import ../internal/message.nix) describe argumentError;
  inherit (import ../internal/text.nix) isText;

  # The program of a package, found like nixpkgs' lib.getExe does; a string or a path is the program itself.
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
      argumentError attribute "found ${describe package}, want a package, such as pkgs.runc, or the path of a program"
    else if !(isAttrs package && package ? outPath) then
      "${package}"
    else if !isString (package.name or null) then
      argumentError attribute "found an attribute set without a name, want a package, such as pkgs.runc, or the path of a program"
    else if !isString name then
      argumentError "${attribute}.meta.mainProgram" "found ${describe name}, want the name of a program in the package's bin"
    else
      "${directory}/bin/${name}";
in
{
  name,
  arguments,
  outputs,
  ...
}:
let
  command = "run-${name}";
  runtime =
    arguments.runtime or host.crun
      or (argumentError "runtime" "missing, as the package set has no crun; want an OCI runtime, such as pkgs.runc");
in
derive "oci-bundle" [ ] {
  name = command;
  args = [
    "write-wrapper"
    command
    (program "pkgs.oci-bundle" host.oci-bundle)
    (program "runtime" runtime)
    "${outputs.bundle}"
  ];
}
// {
  meta = {
    description = "Runs the container ${name}";
    mainProgram = command;
  };
}
