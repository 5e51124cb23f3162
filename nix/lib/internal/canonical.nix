/**
  The one form of arguments that mean the same: what is left out, null and the default are the same derivation.

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
