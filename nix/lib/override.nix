/**
  Makes a container's function `override`, which builds a variant with other arguments: those of an attribute set, or those that a
  function returns for the old ones, as with nixpkgs' lib.makeOverridable.

  # Inputs
  `buildContainer`
  : The function that made the container.

  `old`
  : The container's arguments, as given.

  `change`
  : The new arguments, or the function.

  # Type
  override :: (AttrSet -> Container) -> AttrSet -> (AttrSet | (AttrSet -> AttrSet)) -> Container
*/
let
  inherit (builtins) isAttrs isFunction;
  inherit (import ./internal/message.nix) describe argumentError;
  changed = import ./internal/changed.nix "override";
in
buildContainer: old: change:
if isFunction change then
  buildContainer (changed old change)
else if isAttrs change then
  buildContainer (old // change)
else
  argumentError "override" "found ${describe change}, want an attribute set of arguments, such as { readonly = true; }, or a function that returns one for the old arguments"
