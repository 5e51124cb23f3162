/**
  What the builder needs to know about an element of `contents`: the store paths of the chosen outputs, and the priority. nixpkgs'
  buildEnv chooses the outputs in the same way.

  # Inputs
  `function`
  : The function that was called, for messages.

  `attribute`
  : Its attribute path, for messages.

  `package`
  : A package, a string or a path.

  # Type
  contents :: String -> String -> Package | String | Path -> { paths :: [String]; priority :: Int; } | String
*/
let
  inherit (builtins)
    all
    isAttrs
    isInt
    isList
    isString
    unsafeDiscardStringContext
    ;
  inherit (import ./message.nix) argumentErrorOf describe quoted;
  inherit (import ./text.nix) isText;
in
function: attribute: package:
let
  argumentError = argumentErrorOf function;
  # A set without these attributes has the defaults, whatever its meta is.
  meta = package.meta or { };
  asked = meta.outputsToInstall or null;
  names =
    if asked == null || isList asked && all isString asked then
      asked
    else
      argumentError "${attribute}.meta.outputsToInstall" "found ${describe asked}, want a list of the names of outputs, such as [ \"out\" ]";
  outputs =
    if (package.outputSpecified or false) == true || names == null then
      [ package ]
    else
      map (name: output (unsafeDiscardStringContext name)) names;
  output =
    name:
    if isText (package.${name} or null) then
      package.${name}
    else
      argumentError attribute "${called} has no output ${quoted name}, which its meta.outputsToInstall names";
  called = if isString (package.name or null) then quoted package.name else "the package";
  # lib.meta.defaultPriority
  priority = meta.priority or 5;
in
if isAttrs package && package ? outPath then
  {
    paths = map (output: "${output}") outputs;
    priority =
      if isInt priority then
        priority
      else
        argumentError "${attribute}.meta.priority" "found ${describe priority}, want an integer";
  }
else
  "${package}"
