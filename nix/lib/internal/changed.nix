/**
  Replaces some of the old arguments by those that a function returns for them.

  # Inputs
  `function`
  : The name of the function that made what is changed, for messages.

  `attribute`
  : The name of the caller, likewise.

  # Type
  changed :: String -> String -> AttrSet -> (AttrSet -> AttrSet) -> AttrSet
*/
let
  inherit (builtins) isAttrs isFunction;
  inherit (import ./message.nix) argumentErrorOf describe;
in
function: attribute: old: change:
let
  argumentError = argumentErrorOf function;
  new = change old;
in
if isAttrs new then
  old // new
else if isFunction new then
  argumentError attribute "found a function of more than one argument, want one that takes only the old arguments, such as old: { readonly = true; }"
else
  argumentError attribute "found a function that returns ${describe new}, want one that returns an attribute set of arguments, such as old: { readonly = true; }"
