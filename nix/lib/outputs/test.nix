/**
  Makes a test of the container: a derivation that runs it in Nix's sandbox, and fails if it does something else than expected.

  It is for the containers' system, and so are `oci-bundle` and `crun`, which it takes from the setting's `host`. crun runs
  without cgroups, of which a sandbox has none, so a test takes no other runtime.

  # Type
  test :: AttrSet -> Derivation
*/
setting:
let
  inherit (builtins) isAttrs;
  inherit (setting) host hostSystem;
  inherit (import ../internal/message.nix) describe argumentError;
  program = import ../internal/program.nix;
  runtime =
    host.crun
      or (argumentError "test" "the package set has no crun, which runs the container in Nix's sandbox; add one");
in
{ name, outputs, ... }:
test:
if !(test == null || isAttrs test) then
  argumentError "test" "found ${describe test}, want an attribute set, such as { stdout = \"Hello\\n\"; }"
else
  derivation {
    name = "${name}-test";
    system = hostSystem;
    builder = program "pkgs.oci-bundle" host.oci-bundle;
    args = [ "test" ];
    preferLocalBuild = true;
    __structuredAttrs = true;
    bundle = "${outputs.bundle}";
    runtime = program "pkgs.crun" runtime;
    inherit test;
  }
  // {
    meta.description = "A test of the container ${name}";
  }
