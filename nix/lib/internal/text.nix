/**
  What is text to Nix where JSON or a store path is made of a value: a string, a path that is there, or a set that says which one it
  is, as a package does.
*/
let
  inherit (builtins)
    isAttrs
    isFunction
    isPath
    isString
    pathExists
    ;
  isPlain = value: isString value || isPath value && pathExists value;

  /**
    Whether the set is one that says which text it is.

    # Type
    standsForText :: Any -> Bool
  */
  standsForText = value: isAttrs value && (value ? outPath || value ? __toString);

  /**
    Whether a value is text.

    # Type
    isText :: Any -> Bool
  */
  isText =
    value:
    isPlain value
    ||
      standsForText value
      && (
        # It comes first where there are both.
        if value ? __toString then
          isFunction value.__toString && isPlain (value.__toString value)
        else
          isPlain value.outPath
      );
in
{
  inherit isText standsForText;
}
