/**
  The arguments of buildContainer: the one list of them, which nix/reference.nix makes the reference's table of.

  `type`, `default` and `about` are what the table says; `default` is a Nix expression, or null if the argument has to be
  given, or text in parentheses. The rest is what Nix can tell before anything is built: a value is good if it is null
  (as if left out, but for `seccomp`, where it is no filter) or passes `check`; `want` says so in words, and where there is
  an `element`, that is the shape of each element of the list. Everything else is for the builder to say, which knows the OCI
  runtime specification.
*/
let
  inherit (import ./text.nix) isText standsForText;
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
    default = null;
    about = "the command and its arguments, to the letter";
    check = value: builtins.isList value && value != [ ];
    want = ''a non-empty list: the command and its arguments, such as [ "''${pkgs.hello}/bin/hello" ]'';
    element = {
      check = isText;
      want = "a string";
    };
  };
  arch = string // {
    default = "(the packages')";
    about = "for calls written for nixpkgs: checked, not written";
  };
  baseFiles = boolean // {
    default = "true";
    about = "whether there are `/etc/passwd` and what else most programs want";
  };
  checkProgram = boolean // {
    default = "true";
    about = "whether the build fails if the program would not start";
  };
  config = {
    type = "attribute set";
    default = "{ }";
    about = "any field of the runtime spec, as a JSON merge patch, checked";
    check = builtins.isAttrs;
    want = "an attribute set, such as { process.noNewPrivileges = false; }";
  };
  contents = {
    type = "list of packages";
    default = "[ ]";
    about = "their trees appear at `/`, as links";
    check = builtins.isList;
    want = "a list of packages, such as [ pkgs.bash pkgs.coreutils ]";
    element = {
      check = isText;
      want = "a package";
    };
  };
  cwd = string // {
    default = ''"/"'';
    about = "where the process starts; the directory is made";
  };
  env = {
    type = "attribute set of strings, or list of `NAME=value`";
    default = "{ }";
    about = "the environment; `PATH` and `HOME` have defaults";
    check = value: builtins.isAttrs value || builtins.isList value;
    want = ''an attribute set of strings, or a list of "NAME=value"'';
  };
  files = {
    type = "attribute set, by path";
    default = "{ }";
    about = "`{ text }` or `{ source }` for each file, or null to drop a base file";
    check = builtins.isAttrs;
    want = ''an attribute set by path, such as { "/etc/motd".text = "hello"; }'';
  };
  hostname = string // {
    default = "(the name)";
    about = "the host's name in the container";
  };
  keepReferences = boolean // {
    default = "false";
    about = "whether a bundle refers to the store paths that it has copies of";
  };
  mounts = {
    type = "attribute set, by destination";
    default = "{ }";
    about = "`{ type, source, options }`, a path of the host, or null to drop a default";
    check = builtins.isAttrs;
    want = ''an attribute set by destination, such as { "/data" = "/srv/data"; }'';
  };
  name = string // {
    default = "(the program's)";
    about = "the derivation's name";
    check =
      value:
      builtins.isString value
      && builtins.stringLength value <= longestName
      && builtins.match "[0-9a-zA-Z+_?=-][0-9a-zA-Z+._?=-]*" value != null
      && builtins.match ".*\\.drv" value == null;
    want = "a name for a store path: at most ${toString longestName} letters, digits and + - . _ ? =, no dot at its start, and not .drv at its end";
  };
  os = string // {
    default = "(the packages')";
    about = "for calls written for nixpkgs: checked, not written";
  };
  readonly = boolean // {
    default = "false";
    about = "whether the container's root is read-only";
  };
  runtime = {
    type = "package";
    default = "pkgs.crun";
    about = "the OCI runtime of `container.run`; not in the bundle";
    # Its path is looked at where `run` is.
    check = value: standsForText value || isText value;
    want = "a package, such as pkgs.runc, or the path of a program";
  };
  seccomp = {
    type = "attribute set, or null for none";
    default = "(Docker's)";
    about = "which system calls the container may make: a filter in the specification's format, or in Docker's";
    check = value: builtins.isAttrs value && !(value ? outPath);
    want = "a seccomp filter, such as builtins.fromJSON (builtins.readFile ./profile.json), or null for none";
  };
  store = string // {
    default = ''"copy"'';
    about = "`\"copy\"` to have the closure in the bundle, `\"mount\"` to mount it from the host's store";
    check =
      value:
      builtins.elem value [
        "copy"
        "mount"
      ];
    want = ''"copy" or "mount"'';
  };
  terminal = boolean // {
    default = "false";
    about = "whether the process gets a terminal";
  };
  user = {
    type = "attribute set";
    default = "{ }";
    about = "`{ uid, gid, additionalGids, umask, name, home }` of who runs; root if it is left out";
    check = builtins.isAttrs;
    want = "an attribute set, such as { uid = 1000; }";
  };
}
