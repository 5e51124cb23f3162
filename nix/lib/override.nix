/**
  Makes a container's function `override`, which builds a variant with other arguments: those of an attribute set, or those that a
  function returns for the old ones, as with nixpkgs' lib.makeOverridable.

  # Inputs
  `function`
  : The name of the function that made it, for messages.

  `make`
  : That function.

  `old`
  : The container's arguments, as given.

  `change`
  : The new arguments, or the function.

  # Type
  override :: String -> (AttrSet -> Container) -> AttrSet -> (AttrSet | (AttrSet -> AttrSet)) -> Container
*/
let
  inherit (builtins) isAttrs isFunction;
  inherit (import ./internal/message.nix) argumentErrorOf describe;
  changed = import ./internal/changed.nix;
in
function: make: old: change:
if isFunction change then
  make (changed function "override" old change)
else if isAttrs change then
  make (old // change)
else
  argumentErrorOf function "override"
    "found ${describe change}, want an attribute set of arguments, such as { readonly = true; }, or a function that returns one for the old arguments"
