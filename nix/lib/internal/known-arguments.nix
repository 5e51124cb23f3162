/**
  Returns the arguments of a function that has few, or throws: they are an attribute set, and each has a name that the function knows.
  buildContainer has a list with more to check (checked.nix).

  # Inputs
  `function`
  : The name of the function, for messages.

  `known`
  : The names of its arguments.

  `example`
  : A call's arguments, for messages.

  # Type
  knownArguments :: { function :: String, known :: [String], example :: String } -> AttrSet -> AttrSet
*/
let
  inherit (builtins)
    attrNames
    elem
    filter
    head
    isAttrs
    ;
  inherit (import ./message.nix) argumentErrorOf attributeName describe;
  nearest = import ./nearest.nix;
in
{
  function,
  known,
  example,
}:
arguments:
let
  unknown = filter (name: !elem name known) (attrNames arguments);
  near = nearest (head unknown) known;
  hint = if near == null then "" else " (did you mean '${near}'?)";
in
if !isAttrs arguments then
  throw "${function}: found ${describe arguments}, want an attribute set, such as ${example}"
else if unknown != [ ] then
  argumentErrorOf function (attributeName (head unknown)) "no such argument${hint}"
else
  arguments
