/**
  Makes a container's function `extend`, which builds a variant: a function of the old arguments returns those to replace.

  # Inputs
  `function`
  : The name of the function that made it, for messages.

  `make`
  : That function.

  `old`
  : The container's arguments, as given.

  `change`
  : The function. It merges nested values itself.

  # Type
  extend :: String -> (AttrSet -> Container) -> AttrSet -> (AttrSet -> AttrSet) -> Container
*/
let
  inherit (builtins) isFunction;
  inherit (import ./internal/message.nix) argumentErrorOf describe;
  changed = import ./internal/changed.nix;
in
function: make: old: change:
if isFunction change then
  make (changed function "extend" old change)
else
  argumentErrorOf function "extend"
    "found ${describe change}, want a function of the old arguments, such as old: { args = old.args ++ [ \"--verbose\" ]; }; 'override' takes an attribute set"
