/**
  What buildContainer and buildImage have in common: the arguments, checked and in canonical form, and the outputs that are made of
  them.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  `function`
  : The function that was called, for messages.

  `container`
  : Its arguments.

  # Type
  define :: AttrSet -> String -> AttrSet -> { given, arguments, outputs :: AttrSet; }
*/
setting:
let
  inherit (builtins) head toJSON;
  checked = import ./checked.nix;
  canonical = import ./canonical.nix setting;
  derivedName = import ./derived-name.nix;
  route = import ./route.nix;
  storePaths = import ./store-paths.nix;
  outputsOf = import ../outputs;
in
function:
let
  outputsHere = outputsOf (setting // { inherit function; });
in
container:
let
  given = checked function container;
  arguments = canonical function given;
in
{
  inherit given arguments;
  outputs = outputsHere {
    inherit arguments;
    name = arguments.name or (derivedName (head given.args));
    # All outputs share the bundle's closure.
    closure = storePaths function (toJSON (route "bundle" arguments));
  };
}
