/**
  The canonical form of the arguments: omitted, null and the default give the same derivation.

  # Type
  canonical :: AttrSet -> AttrSet
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

  withOutputs = concatIndexed (
    index: package: [ (contentsOf "contents[${toString index}]" package) ]
  );
in
given:
let
  kept = removeAttrs given (filter (name: isLeftOut name given.${name}) (attrNames given));
in
if kept ? contents then kept // { contents = withOutputs kept.contents; } else kept
