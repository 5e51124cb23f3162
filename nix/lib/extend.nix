/**
  Makes a container's function `extend`, which builds a variant: a function of the old arguments says what to replace.

  # Inputs
  `buildContainer`
  : The function that the container is of.

  `old`
  : The container's arguments, as they came.

  `change`
  : The function; what is nested in an argument it merges itself.

  # Type
  extend :: (AttrSet -> Container) -> AttrSet -> (AttrSet -> AttrSet) -> Container
*/
let
  inherit (builtins) isFunction;
  inherit (import ./internal/message.nix) describe mistake;
  changed = import ./internal/changed.nix "extend";
in
buildContainer: old: change:
if isFunction change then
  buildContainer (changed old change)
else
  mistake "extend" "found ${describe change}, want a function of the old arguments, such as old: { args = old.args ++ [ \"--verbose\" ]; }; 'override' takes an attribute set"
