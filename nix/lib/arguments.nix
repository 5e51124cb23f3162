/**
  The arguments of buildContainer: the one list of them, which reference.nix makes the reference's table of.

  `type`, `default` and `about` are what the table says: `default` is the value that means the same as if the argument is left out;
  where there is no such value, `defaultText` is an expression, or words in parentheses; an argument with neither has to be given.

  `usedBy` names the outputs (outputs/) that an argument is for: no other is built again when it changes. The bundle's arguments go to
  the builder as JSON, and all store paths in them are the closure.

  The rest is what Nix can tell before anything is built: a value is good if it is null (as if left out, but where `keepsNull` is
  true) or passes `check`; `want` says so in words, and where there is an `element`, that is the shape of each element of the list.
  Everything else is for the builder to say, which knows the OCI runtime specification.
*/
let
  inherit (import ./internal/text.nix) isText standsForText;
  # A store path's name has 211 characters at most, and the longest of a container's ends with "-closure.drv".
  longestName = 199;
  string = {
    type = "string";
    check = builtins.isString;
    want = "a string";
  };
  boolean = {
    type = "boolean";
    check = builtins.isBool;
    want = "true or false";
  };
in
{
  args = {
    type = "non-empty list of strings";
    about = "the command and its arguments, to the letter";
    usedBy = [ "bundle" ];
    check = value: builtins.isList value && value != [ ];
    want = ''a non-empty list: the command and its arguments, such as [ "''${pkgs.hello}/bin/hello" ]'';
    element = {
      check = isText;
      want = "a string";
    };
  };
  arch = string // {
    defaultText = "(the packages')";
    about = "for calls written for nixpkgs: checked, not written";
    usedBy = [ "bundle" ];
  };
  baseFiles = boolean // {
    default = true;
    about = "whether there are `/etc/passwd` and what else most programs want";
    usedBy = [ "bundle" ];
  };
  checkProgram = boolean // {
    default = true;
    about = "whether the build fails if the program would not start";
    usedBy = [ "bundle" ];
  };
  config = {
    type = "attribute set";
    default = { };
    about = "any field of the runtime spec, as a JSON merge patch, checked";
    usedBy = [ "bundle" ];
    check = builtins.isAttrs;
    want = "an attribute set, such as { process.noNewPrivileges = false; }";
  };
  contents = {
    type = "list of packages";
    default = [ ];
    about = "their trees appear at `/`, as links";
    usedBy = [ "bundle" ];
    check = builtins.isList;
    want = "a list of packages, such as [ pkgs.bash pkgs.coreutils ]";
    element = {
      check = isText;
      want = "a package";
    };
  };
  cwd = string // {
    default = "/";
    about = "where the process starts; the directory is made";
    usedBy = [ "bundle" ];
  };
  env = {
    type = "attribute set of strings, or list of `NAME=value`";
    default = { };
    about = "the environment; `PATH` and `HOME` have defaults";
    usedBy = [ "bundle" ];
    check = value: builtins.isAttrs value || builtins.isList value;
    want = ''an attribute set of strings, or a list of "NAME=value"'';
  };
  files = {
    type = "attribute set, by path";
    default = { };
    about = "`{ text }` or `{ source }` for each file, or null to drop a base file";
    usedBy = [ "bundle" ];
    check = builtins.isAttrs;
    want = ''an attribute set by path, such as { "/etc/motd".text = "hello"; }'';
  };
  hostname = string // {
    defaultText = "(the name)";
    about = "the host's name in the container";
    usedBy = [ "bundle" ];
  };
  keepReferences = boolean // {
    default = false;
    about = "whether a bundle refers to the store paths that it has copies of";
    usedBy = [ "bundle" ];
  };
  mounts = {
    type = "attribute set, by destination";
    default = { };
    about = "`{ type, source, options }`, a path of the host, or null to drop a default";
    usedBy = [ "bundle" ];
    check = builtins.isAttrs;
    want = ''an attribute set by destination, such as { "/data" = "/srv/data"; }'';
  };
  name = string // {
    defaultText = "(the program's)";
    about = "the derivation's name";
    usedBy = [
      "bundle"
      "closure"
      "run"
    ];
    check =
      value:
      builtins.isString value
      && builtins.stringLength value <= longestName
      && builtins.match "[0-9a-zA-Z+_?=-][0-9a-zA-Z+._?=-]*" value != null
      && builtins.match ".*\\.drv" value == null;
    want = "a name for a store path: at most ${toString longestName} letters, digits and + - . _ ? =, no dot at its start, and not .drv at its end";
  };
  os = string // {
    defaultText = "(the packages')";
    about = "for calls written for nixpkgs: checked, not written";
    usedBy = [ "bundle" ];
  };
  readonly = boolean // {
    default = false;
    about = "whether the container's root is read-only";
    usedBy = [ "bundle" ];
  };
  runtime = {
    type = "package";
    defaultText = "pkgs.crun";
    about = "the OCI runtime of `container.run`; not in the bundle";
    usedBy = [ "run" ];
    # Its path is looked at where `run` is.
    check = value: standsForText value || isText value;
    want = "a package, such as pkgs.runc, or the path of a program";
  };
  seccomp = {
    type = "attribute set, or null for none";
    defaultText = "(Docker's)";
    keepsNull = true;
    about = "which system calls the container may make: a filter in the specification's format, or in Docker's";
    usedBy = [ "bundle" ];
    check = value: builtins.isAttrs value && !(value ? outPath);
    want = "a seccomp filter, such as builtins.fromJSON (builtins.readFile ./profile.json), or null for none";
  };
  store = string // {
    default = "copy";
    about = "`\"copy\"` to have the closure in the bundle, `\"mount\"` to mount it from the host's store";
    usedBy = [ "bundle" ];
    check =
      value:
      builtins.elem value [
        "copy"
        "mount"
      ];
    want = ''"copy" or "mount"'';
  };
  terminal = boolean // {
    default = false;
    about = "whether the process gets a terminal";
    usedBy = [ "bundle" ];
  };
  user = {
    type = "attribute set";
    default = { };
    about = "`{ uid, gid, additionalGids, umask, name, home }` of who runs; root if it is left out";
    usedBy = [ "bundle" ];
    check = builtins.isAttrs;
    want = "an attribute set, such as { uid = 1000; }";
  };
}
