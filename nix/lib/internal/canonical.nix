/**
  The canonical form of the arguments: omitted, null and the default give the same derivation.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  `function`
  : The function that was called, for messages.

  `given`
  : Its arguments, checked.

  # Type
  canonical :: AttrSet -> String -> AttrSet -> AttrSet
*/
setting:
let
  inherit (builtins)
    attrNames
    filter
    intersectAttrs
    mapAttrs
    ;
  inherit (import ./message.nix) concatIndexed;
  contentsOf = import ./contents.nix;
  initOf = import ./init.nix setting;
  arguments = import ../arguments.nix;

  isLeftOut =
    name: value:
    let
      argument = arguments.${name};
    in
    if value == null then
      !(argument.keepsNull or false)
    else
      argument ? default && value == argument.default;

  withOutputs =
    function:
    concatIndexed (index: package: [ (contentsOf function "contents[${toString index}]" package) ]);
in
function: given:
let
  kept = removeAttrs given (filter (name: isLeftOut name given.${name}) (attrNames given));
in
kept
// mapAttrs (name: make: make kept.${name}) (
  intersectAttrs kept {
    contents = withOutputs function;
    init = initOf function;
  }
)
