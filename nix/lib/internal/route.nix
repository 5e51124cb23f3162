/**
  Selects the arguments that an output uses, according to arguments.nix.

  # Type
  route :: String -> AttrSet -> AttrSet
*/
let
  inherit (builtins)
    attrNames
    concatMap
    groupBy
    intersectAttrs
    listToAttrs
    mapAttrs
    ;
  arguments = import ../arguments.nix;

  # For each output, a set with the names.
  routes = mapAttrs (_: listToAttrs) (
    groupBy (entry: entry.output) (
      concatMap (
        name:
        map (output: {
          inherit name output;
          value = null;
        }) arguments.${name}.usedBy
      ) (attrNames arguments)
    )
  );
in
output: intersectAttrs (routes.${output} or { })
