/**
  Makes a container's function `extend`, which builds a variant: a function of the old arguments returns those to replace.

  # Inputs
  `buildContainer`
  : The function that made the container.

  `old`
  : The container's arguments, as given.

  `change`
  : The function. It merges nested values itself.

  # Type
  extend :: (AttrSet -> Container) -> AttrSet -> (AttrSet -> AttrSet) -> Container
*/
let
  inherit (builtins) isFunction;
  inherit (import ./internal/message.nix) describe argumentError;
  changed = import ./internal/changed.nix "extend";
in
buildContainer: old: change:
if isFunction change then
  buildContainer (changed old change)
else
  argumentError "extend" "found ${describe change}, want a function of the old arguments, such as old: { args = old.args ++ [ \"--verbose\" ]; }; 'override' takes an attribute set"
