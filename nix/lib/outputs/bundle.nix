/**
  The OCI runtime bundle, and nothing but the builder and the closure to make it from.
*/
setting:
let
  inherit (builtins) compareVersions nixVersion toJSON;
  derive = import ../internal/derive.nix setting;
  inherit (import ../internal/runtime-spec.nix) onHost;
  storePaths = import ../internal/store-paths.nix;

  # A copy names its store paths, so Nix would keep the originals beside it. 2.14 and 2.15 know the attribute, and refuse
  # it unless an experimental feature is on; what is older ignores it and keeps them.
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
    # The builder has the name from the derivation.
    container = removeAttrs arguments [ "name" ];
  }
  // (if canDiscard && isSelfContained then { unsafeDiscardReferences.out = true; } else { })
)
// {
  meta.description = "OCI runtime bundle of ${name}";
}
