/**
  The name of a container that gives none: that of its program, without what a store path puts before it.

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
  # More than a name can have, and what is cut off does not matter.
  last = substring 0 500 (baseNameOf (unsafeDiscardStringContext (toString program)));
  storeName = match "[0-9a-df-np-sv-z]{32}-(.+)" last;
  base = if storeName == null then last else head storeName;
  # What a store path's name may hold; it may not begin with a dot.
  valid = filter isString (split "[^0-9a-zA-Z+._?=-]+" base);
  joined = concatStringsSep "-" valid;
  trimmed = match "[.-]*([^.-].*)" joined;
  name = substring 0 199 (head trimmed);
  # Nix keeps this ending for itself.
  withoutDrv = match "(.+)\\.drv" name;
in
if trimmed == null then
  "container"
else if withoutDrv == null then
  name
else
  head withoutDrv
