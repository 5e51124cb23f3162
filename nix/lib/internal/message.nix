/**
  Messages: one line with the attribute's path, what was found, and what is wanted. The builder formats its own in the same way
  (src/plan/diagnostics).
*/
let
  inherit (builtins)
    concatLists
    fromJSON
    genList
    length
    match
    pathExists
    replaceStrings
    stringLength
    substring
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  # Characters that could deceive a terminal or a reader. JSON escapes the other control characters itself.
  digits = genList (index: substring index 1 "0123456789abcdef") 16;
  deceptive =
    map (digit: "\\u008${digit}") digits
    ++ map (digit: "\\u009${digit}") digits
    ++ [
      "\\u007f"
      "\\u061c"
      "\\u200e"
      "\\u200f"
      "\\u2028"
      "\\u2029"
      "\\u202a"
      "\\u202b"
      "\\u202c"
      "\\u202d"
      "\\u202e"
      "\\u2066"
      "\\u2067"
      "\\u2068"
      "\\u2069"
    ];
  escaped = replaceStrings (map (code: fromJSON "\"${code}\"") deceptive) deceptive;

  # The string in quotes, always on one line.
  quoted = text: escaped (toJSON (unsafeDiscardStringContext text));

  # The start of a text, cut between characters: in UTF-8, bytes from 0x80 to 0xbf continue one.
  longest = 60;
  isContinued =
    text: index:
    let
      byte = substring index 1 text;
    in
    byte >= substring 1 1 "À" && byte <= substring 1 1 "ÿ";
  cut = text: index: if isContinued text index then cut text (index - 1) else substring 0 index text;
  shortened =
    text: if stringLength text > longest then "${quoted (cut text longest)}…" else quoted text;

  /**
    Throws an error of a function that names one of its arguments.

    # Type
    argumentErrorOf :: String -> String -> String -> a
  */
  argumentErrorOf =
    function: attribute: problem:
    throw "${function}: ${attribute}: ${problem}";

  # A path as Nix writes it, on one line.
  shown = path: escaped (replaceStrings [ "\n" ] [ "\\n" ] (toString path));
in
{
  inherit quoted shown;

  argumentError = argumentErrorOf "buildContainer";
  inherit argumentErrorOf;

  /**
    A name as a part of an attribute path: bare if it is an identifier, else in quotes.

    # Type
    attributeName :: String -> String
  */
  attributeName =
    name:
    if stringLength name <= longest && match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null then
      name
    else
      shortened name;

  /**
    Describes a value, short enough for one line.

    # Type
    describe :: Any -> String
  */
  describe =
    value:
    {
      null = "null";
      int = "${toString value} (an integer)";
      float = "${toString value} (a float)";
      bool = "${if value then "true" else "false"} (a boolean)";
      string = "the string ${shortened value}";
      path = "the path ${shown value}${if pathExists value then "" else ", which does not exist"}";
      set = if value == { } then "an empty attribute set" else "an attribute set";
      list = if value == [ ] then "an empty list" else "a list of ${toString (length value)}";
      lambda = "a function";
    }
    .${typeOf value} or "a ${typeOf value}";

  /**
    Applies a function to each index and element, and concatenates the lists.

    # Type
    concatIndexed :: (Int -> a -> [b]) -> [a] -> [b]
  */
  concatIndexed =
    f: list: concatLists (genList (index: f index (builtins.elemAt list index)) (length list));
}
