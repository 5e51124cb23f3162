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
  derive = import ./derive.nix setting;
  discardsReferences = import ./discards-references.nix;
in
{
  name,
  what,
  recipe,
}:
let
  form =
    form: description:
    derive "oci-bundle-image" [ ] (
      {
        name = "${name}-${form}";
        args = [ "build-form" ];
        inherit form recipe;
        __structuredAttrs = true;
      }
      # It has the bytes of the store paths, and needs them no more.
      // discardsReferences
    )
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
