/**
  The OCI runtime bundle. Its only inputs are the builder and the closure.
*/
setting:
let
  inherit (builtins) toJSON;
  derive = import ../internal/derive.nix setting;
  inherit (import ../internal/runtime-spec.nix) onHost;
  storePaths = import ../internal/store-paths.nix "buildContainer";
  # A copy names its store paths.
  discardsReferences = import ../internal/discards-references.nix;
in
{
  name,
  arguments,
  closure,
  ...
}:
let
  isSelfContained =
    (arguments.store or null) != "mount"
    && !(arguments.keepReferences or false)
    && storePaths (toJSON (onHost arguments)) == [ ];
in
derive "oci-bundle-builder" closure (
  {
    inherit name;
    inherit (setting) hostSystem;
    args = [ "build" ];
    __structuredAttrs = true;
    # The builder takes the name from the derivation.
    container = removeAttrs arguments [ "name" ];
  }
  // (if isSelfContained then discardsReferences else { })
)
// {
  meta.description = "OCI runtime bundle of ${name}";
}
