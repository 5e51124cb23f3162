/**
  The canonical form of the arguments: omitted, null and the default give the same derivation.

  # Inputs
  `function`
  : The function that was called, for messages.

  `given`
  : Its arguments, checked.

  # Type
  canonical :: String -> AttrSet -> AttrSet
*/
let
  inherit (builtins) attrNames filter;
  inherit (import ./message.nix) concatIndexed;
  contentsOf = import ./contents.nix;
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
if kept ? contents then kept // { contents = withOutputs function kept.contents; } else kept
