/**
  The OCI runtime bundle. Its only inputs are the builder and the closure.
*/
setting:
let
  inherit (builtins) compareVersions nixVersion toJSON;
  derive = import ../internal/derive.nix setting;
  inherit (import ../internal/runtime-spec.nix) onHost;
  storePaths = import ../internal/store-paths.nix "buildContainer";

  # A copy names its store paths, so Nix would keep the originals beside it. 2.14 and 2.15 refuse the attribute unless an
  # experimental feature is on; older versions ignore it and keep the originals.
  canDiscard = compareVersions nixVersion "2.14" < 0 || compareVersions nixVersion "2.16" >= 0;
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
  // (if canDiscard && isSelfContained then { unsafeDiscardReferences.out = true; } else { })
)
// {
  meta.description = "OCI runtime bundle of ${name}";
}
