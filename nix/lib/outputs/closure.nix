/**
  A file with the store paths of the closure, a line each.
*/
{ oci-bundle, buildSystem, ... }:
{ name, closure, ... }:
derivation (
  {
    name = "${name}-closure";
    system = buildSystem;
    builder = "${oci-bundle}/bin/oci-bundle";
    args = [ "write-closure" ];
    __structuredAttrs = true;
  }
  // (if closure == [ ] then { } else { exportReferencesGraph = { inherit closure; }; })
)
// {
  meta.description = "The store paths of the container ${name}";
}
