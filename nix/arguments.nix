/**
  The shapes of buildContainer's arguments: what Nix can tell before anything is built.

  Everything else about them is for the builder to say, which knows the OCI runtime specification.
  A value is good if it is null (as if left out) or passes `check`; `want` says so in words. Where there is an
  `element`, that is the shape of each element of the list.
*/
let
  isText =
    value:
    builtins.isString value || builtins.isPath value || (builtins.isAttrs value && value ? outPath);
  string = {
    check = builtins.isString;
    want = "a string";
  };
  boolean = {
    check = builtins.isBool;
    want = "true or false";
  };
in
{
  args = {
    check = value: builtins.isList value && value != [ ];
    want = ''a non-empty list: the command and its arguments, such as [ "''${pkgs.hello}/bin/hello" ]'';
    element = {
      check = isText;
      want = "a string";
    };
    required = true;
  };
  arch = string;
  config = {
    check = builtins.isAttrs;
    want = "an attribute set, such as { process.noNewPrivileges = false; }";
  };
  cwd = string;
  env = {
    check = value: builtins.isAttrs value || builtins.isList value;
    want = ''an attribute set of strings, or a list of "NAME=value"'';
  };
  hostname = string;
  mounts = {
    check = builtins.isAttrs;
    want = ''an attribute set by destination, such as { "/data" = "/srv/data"; }'';
  };
  name = {
    check =
      value: builtins.isString value && builtins.match "[0-9a-zA-Z+_?=-][0-9a-zA-Z+._?=-]*" value != null;
    want = "a name for a store path: letters, digits and + - . _ ? =, and no dot at its start";
  };
  os = string;
  readonly = boolean;
  terminal = boolean;
  user = {
    check = builtins.isAttrs;
    want = "an attribute set, such as { uid = 1000; }";
  };
}
