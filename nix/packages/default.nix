/**
  The packages of this project, from the package set of the given `callPackage`.

  # Type
  packages :: { callPackage } -> { oci-bundle, oci-bundle-builder, oci-bundle-image :: Derivation; }
*/
{ callPackage }:
{
  oci-bundle = callPackage ./oci-bundle.nix { };
  oci-bundle-builder = callPackage ./oci-bundle-builder.nix { };
  oci-bundle-image = callPackage ./oci-bundle-image.nix { };
}
