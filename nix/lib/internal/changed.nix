/**
  Arguments, some of which are replaced by what a function makes of the old ones.

  # Inputs
  `attribute`
  : The function's place, for messages.

  # Type
  changed :: String -> AttrSet -> (AttrSet -> AttrSet) -> AttrSet
*/
let
  inherit (builtins) isAttrs isFunction;
  inherit (import ./message.nix) describe mistake;
in
attribute: old: change:
let
  new = change old;
in
if isAttrs new then
  old // new
else if isFunction new then
  mistake attribute "found a function of more than one argument, want one of the old arguments alone, such as old: { readonly = true; }"
else
  mistake attribute "found a function that gives ${describe new}, want one that gives an attribute set of arguments, such as old: { readonly = true; }"
