/**
  Which values Nix takes for text when it makes JSON or a store path of them: a string, an existing path, or a set that stands for
  one, like a package.
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
    Whether the value is a set that stands for text.

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
        # Nix prefers it to outPath.
        if value ? __toString then
          isFunction value.__toString && isPlain (value.__toString value)
        else
          isPlain value.outPath
      );
in
{
  inherit isText standsForText;
}
