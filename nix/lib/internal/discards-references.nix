/**
  The attribute with which an output that has copied its store paths does not keep them beside it. Nix 2.14 and 2.15 refuse it unless
  an experimental feature is on; older versions ignore it, and keep the originals.

  # Type
  discardsReferences :: AttrSet
*/
let
  inherit (builtins) compareVersions nixVersion;
  canDiscard = compareVersions nixVersion "2.14" < 0 || compareVersions nixVersion "2.16" >= 0;
in
if canDiscard then { unsafeDiscardReferences.out = true; } else { }
