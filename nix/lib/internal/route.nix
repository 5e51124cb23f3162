/**
  Those of the arguments that an output uses, as arguments.nix says.

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

  # For each output, a set that has the names.
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
