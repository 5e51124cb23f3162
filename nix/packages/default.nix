/**
  The packages of this project, for the system of the set whose `callPackage` is given.

  # Type
  packages :: { callPackage } -> { oci-bundle :: Derivation; }
*/
{ callPackage }:
{
  oci-bundle = callPackage ./oci-bundle.nix { };
}
