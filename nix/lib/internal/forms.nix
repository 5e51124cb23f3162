/**
  The other forms of an image, or of an index of images, with all its bytes.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  `name`
  : The name that theirs begin with.

  `what`
  : What it is, for descriptions.

  `recipe`
  : Its recipe.

  # Type
  forms :: AttrSet -> { name, what, recipe :: String; } -> { layout, archive :: Derivation; }
*/
setting:
let
  inherit (builtins) compareVersions nixVersion;
  derive = import ./derive.nix setting;

  # As for bundles (outputs/bundle.nix).
  canDiscard = compareVersions nixVersion "2.14" < 0 || compareVersions nixVersion "2.16" >= 0;
in
{
  name,
  what,
  recipe,
}:
let
  form =
    form: description:
    derive "oci-bundle-image" [ ] {
      name = "${name}-${form}";
      args = [ "build-form" ];
      inherit form recipe;
      # It has the bytes of the store paths, and needs them no more.
      __structuredAttrs = true;
      ${if canDiscard then "unsafeDiscardReferences" else null}.out = true;
    }
    // {
      meta = { inherit description; };
    };
in
{
  # An image layout (image-spec, image-layout.md).
  layout = form "layout" "OCI image layout of the ${what}";

  # One archive that clients load.
  archive = form "archive" "Archive of the OCI ${what}";
}
