/**
  Makes a container's function `override`, which builds it with other arguments in the place of its own: those of an attribute
  set, or those that a function makes of the old ones, as with nixpkgs' lib.makeOverridable.

  # Inputs
  `buildContainer`
  : The function that the container is of.

  `old`
  : The container's arguments, as they came.

  `change`
  : The new ones, or the function.

  # Type
  override :: (AttrSet -> Container) -> AttrSet -> (AttrSet | (AttrSet -> AttrSet)) -> Container
*/
let
  inherit (builtins) isAttrs isFunction;
  inherit (import ./internal/message.nix) describe mistake;
  changed = import ./internal/changed.nix "override";
in
buildContainer: old: change:
if isFunction change then
  buildContainer (changed old change)
else if isAttrs change then
  buildContainer (old // change)
else
  mistake "override" "found ${describe change}, want an attribute set of arguments, such as { readonly = true; }, or a function that makes one of the old arguments"
