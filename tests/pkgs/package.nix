/**
  What a package of nixpkgs has beside the attributes that Nix gives every
  derivation: `meta`, the attributes of `passthru`, and each output as a package
  of its own, which says that it was asked for (`outputSpecified`).
*/
{
  meta ? { },
  passthru ? { },
}:
drv:
let
  outputs = drv.outputs or [ "out" ];
  withOutput = name: builtins.elem name outputs;

  # What gets installed of a package that says nothing of it.
  outputsToInstall = [
    (builtins.head (
      builtins.filter withOutput [
        "bin"
        "out"
      ]
      ++ outputs
    ))
  ]
  ++ builtins.filter withOutput [ "man" ];

  package =
    drv
    // builtins.listToAttrs selected
    // {
      inherit outputs passthru;
      all = map (output: output.value) selected;
      meta = {
        inherit outputsToInstall;
      }
      // meta;
    }
    // passthru;

  selected = map (name: {
    inherit name;
    value = package // {
      inherit (drv.${name}) outPath outputName;
      outputSpecified = true;
    };
  }) outputs;
in
package
