/**
  The table of buildContainer's arguments in Markdown, as README.md and docs/arguments.md show it. Tests compare them.

      nix-instantiate --eval --raw nix/lib/reference.nix -A readme
*/
let
  arguments = import ./arguments.nix;
  order = [
    "args"
    "contents"
    "files"
    "directories"
    "mounts"
    "readonly"
    "store"
    "keepReferences"
    "env"
    "user"
    "cwd"
    "hostname"
    "terminal"
    "capabilities"
    "limits"
    "seccomp"
    "config"
    "name"
    "baseFiles"
    "checkProgram"
    "nixDatabase"
    "runtime"
    "network"
    "ports"
    "volumes"
    "health"
    "init"
    "stopSignal"
    "image"
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
      "none: required";

  # The anchor of the argument's section.
  anchorOf =
    name:
    if name == "os" || name == "arch" then
      "os-arch"
    else
      builtins.replaceStrings [ "D" "F" "P" "R" "S" ] [ "d" "f" "p" "r" "s" ] name;

  # `link` turns a name into the first column.
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
