/**
  The table of buildContainer's arguments, in Markdown, as README.md and docs/arguments.md have it; `link` makes the first
  column of a name. The tests compare them.

      nix-instantiate --eval --raw nix/lib/reference.nix -A readme
*/
let
  arguments = import ./arguments.nix;
  order = [
    "args"
    "contents"
    "files"
    "mounts"
    "readonly"
    "store"
    "keepReferences"
    "env"
    "user"
    "cwd"
    "hostname"
    "terminal"
    "seccomp"
    "config"
    "name"
    "baseFiles"
    "checkProgram"
    "runtime"
    "os"
    "arch"
  ];
  unordered = builtins.filter (name: !builtins.elem name order) (builtins.attrNames arguments);

  expression =
    value:
    if value == [ ] then
      "[ ]"
    else if value == { } then
      "{ }"
    else
      builtins.toJSON value;

  defaultOf =
    argument:
    if argument ? default then
      "`${expression argument.default}`"
    else if argument ? defaultText then
      let
        inWords = builtins.match "\\((.*)\\)" argument.defaultText;
      in
      if inWords == null then "`${argument.defaultText}`" else builtins.head inWords
    else
      "none: it has to be given";

  # Of the heading of its section.
  anchorOf =
    name:
    if name == "os" || name == "arch" then
      "os-arch"
    else
      builtins.replaceStrings [ "F" "P" "R" ] [ "f" "p" "r" ] name;

  table =
    link:
    builtins.concatStringsSep "" (
      [
        "| argument | type | default | |\n"
        "| --- | --- | --- | --- |\n"
      ]
      ++ map (
        name:
        let
          argument = arguments.${name};
        in
        "| ${link name} | ${argument.type} | ${defaultOf argument} | ${argument.about} |\n"
      ) (order ++ unordered)
    );
in
{
  readme = table (name: "`${name}`");
  docs = table (name: "[`${name}`](#${anchorOf name})");
}
