/**
  The program of a package, found like nixpkgs' lib.getExe does; a string or a path is the program itself.

  `attribute` names the argument in errors.

  # Type
  program :: String -> Derivation | String | Path -> String
*/
let
  inherit (builtins)
    filter
    head
    isAttrs
    isString
    parseDrvName
    unsafeDiscardStringContext
    ;
  inherit (import ./message.nix) describe argumentError;
  inherit (import ./text.nix) isText;
in
attribute: package:
let
  given = filter (name: name != null) [
    (package.meta.mainProgram or null)
    (package.pname or null)
    (parseDrvName (unsafeDiscardStringContext package.name)).name
  ];
  name = head given;
  directory = if isText (package.bin or null) then package.bin else package;
in
if !isText package then
  argumentError attribute "found ${describe package}, want a package, such as pkgs.runc, or the path of a program"
else if !(isAttrs package && package ? outPath) then
  "${package}"
else if !isString (package.name or null) then
  argumentError attribute "found an attribute set without a name, want a package, such as pkgs.runc, or the path of a program"
else if !isString name then
  argumentError "${attribute}.meta.mainProgram" "found ${describe name}, want the name of a program in the package's bin"
else
  "${directory}/bin/${name}"
