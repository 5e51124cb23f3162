/**
  The name of a container that gives none: that of its program, without the hash of a store path.

  # Type
  derivedName :: String | Path | Package -> String
*/
program:
let
  inherit (builtins)
    concatStringsSep
    filter
    head
    isString
    match
    split
    substring
    unsafeDiscardStringContext
    ;
  # More than a name can have; the rest does not matter.
  last = substring 0 500 (baseNameOf (unsafeDiscardStringContext (toString program)));
  storeName = match "[0-9a-df-np-sv-z]{32}-(.+)" last;
  base = if storeName == null then last else head storeName;
  # The characters of a store path's name, which must not begin with a dot.
  valid = filter isString (split "[^0-9a-zA-Z+._?=-]+" base);
  joined = concatStringsSep "-" valid;
  trimmed = match "[.-]*([^.-].*)" joined;
  name = substring 0 199 (head trimmed);
  # Nix reserves this ending.
  withoutDrv = match "(.+)\\.drv" name;
in
if trimmed == null then
  "container"
else if withoutDrv == null then
  name
else
  head withoutDrv
