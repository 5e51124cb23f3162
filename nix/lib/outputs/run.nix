/**
  A package with a program that runs the bundle.

  It takes `oci-bundle`, `crun` for a container that names no runtime, and, if they are there, `catatonit` for `--init` and `passt` for
  networks, from the setting's `host`. Only evaluating `run` evaluates these.
*/
setting:
let
  inherit (setting) host;
  derive = import ../internal/derive.nix setting;
  inherit (import ../internal/message.nix) argumentError;
  program = import ../internal/program.nix;
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
  ]
  # What is not here is looked for on PATH.
  ++ (if host ? catatonit then [ "--init=${program "pkgs.catatonit" host.catatonit}" ] else [ ])
  # passt(1) is in the same package.
  ++ (if host ? passt then [ "--pasta=${host.passt}/bin/pasta" ] else [ ]);
}
// {
  meta = {
    description = "Runs the container ${name}";
    mainProgram = command;
  };
}
