/**
  A file with the store paths of the closure, one per line.
*/
setting:
let
  derive = import ../internal/derive.nix setting;
in
{ name, closure, ... }:
derive "oci-bundle" closure {
  name = "${name}-closure";
  args = [ "write-closure" ];
  __structuredAttrs = true;
}
// {
  meta.description = "The store paths of the container ${name}";
}
