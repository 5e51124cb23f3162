/**
  The arguments of buildContainer, listed only here: reference.nix generates the reference's tables from this list.

  The tables show `type`, `default` and `about`. `default` is the value that means the same as omitting the argument. Where no value
  does, `defaultText` is an expression, or words in parentheses. An argument with neither is required.

  `usedBy` names the outputs (outputs/) that use an argument: a change rebuilds only those. The bundle's arguments go to the builder
  as JSON, and the store paths in them make up the closure.

  The rest is what Nix checks before anything is built. A value is valid if it is null (which means omitted, unless `keepsNull` is
  true) or passes `check`. `want` describes a valid value; `element`, if present, is the shape of each element of a list. The builder
  checks everything else, as it knows the OCI runtime specification.
*/
let
  inherit (import ./internal/text.nix) isText standsForText;
  # The name of a store path has at most 211 characters, and a container's longest one ends with "-closure.drv".
  longestName = 199;
  # What a plan of the container is made of.
  planned = [
    "bundle"
    "image"
  ];
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
    about = "the command and its arguments, passed on literally";
    usedBy = planned;
    check = value: builtins.isList value && value != [ ];
    want = ''a non-empty list: the command and its arguments, such as [ "''${pkgs.hello}/bin/hello" ]'';
    element = {
      check = isText;
      want = "a string";
    };
  };
  arch = string // {
    defaultText = "(the packages')";
    about = "accepted for calls written for nixpkgs: checked, then dropped";
    usedBy = planned;
  };
  baseFiles = boolean // {
    default = true;
    about = "adds `/etc/passwd` and other files that most programs expect";
    usedBy = planned;
  };
  capabilities = {
    type = "list of names, or attribute set";
    default = { };
    about = "what the process may do: exactly these, or `{ add, drop }` to the defaults";
    usedBy = planned;
    check = value: builtins.isList value || (builtins.isAttrs value && !(value ? outPath));
    want = ''a list of capabilities, such as [ "CAP_NET_ADMIN" ], or { add, drop }, two such lists'';
  };
  checkProgram = boolean // {
    default = true;
    about = "fails the build if the program would not start";
    usedBy = planned;
  };
  config = {
    type = "attribute set";
    default = { };
    about = "any field of the runtime spec, as a JSON merge patch, checked";
    usedBy = planned;
    check = builtins.isAttrs;
    want = "an attribute set, such as { process.noNewPrivileges = false; }";
  };
  contents = {
    type = "list of packages";
    default = [ ];
    about = "packages whose trees appear at `/`, as links";
    usedBy = planned;
    check = builtins.isList;
    want = "a list of packages, such as [ pkgs.bash pkgs.coreutils ]";
    element = {
      check = isText;
      want = "a package";
    };
  };
  cwd = string // {
    default = "/";
    about = "the working directory, which the bundle creates";
    usedBy = planned;
  };
  directories = {
    type = "attribute set, by path";
    default = { };
    about = "`{ mode, uid, gid, tmpfs }` for each directory";
    usedBy = planned;
    check = builtins.isAttrs;
    want = ''an attribute set by path, such as { "/var/lib/app" = { uid = 1000; mode = "0750"; }; }'';
  };
  env = {
    type = "attribute set of strings, or list of `NAME=value`";
    default = { };
    about = "the environment; `PATH` and `HOME` have defaults";
    usedBy = planned;
    check = value: builtins.isAttrs value || builtins.isList value;
    want = ''an attribute set of strings, or a list of "NAME=value"'';
  };
  files = {
    type = "attribute set, by path";
    default = { };
    about = "`{ text }` or `{ source }` for each file, with `mode`, `uid`, `gid`, `capabilities`; null drops a base file";
    usedBy = planned;
    check = builtins.isAttrs;
    want = ''an attribute set by path, such as { "/etc/motd".text = "hello"; }'';
  };
  health = {
    type = "attribute set";
    defaultText = "(none)";
    about = "`{ command, interval, retries, start }`: a check of `oci-bundle run`, which `ps` and systemd are told of";
    usedBy = planned;
    check = builtins.isAttrs;
    want = ''an attribute set, such as { command = [ "''${pkgs.curl}/bin/curl" "--fail" "http://localhost" ]; }'';
  };
  hostname = string // {
    defaultText = "(the name)";
    about = "the container's hostname";
    usedBy = planned;
  };
  image = {
    type = "attribute set";
    default = { };
    about = "`{ name, tag, created, compression, maxLayers, layers, entrypoint, labels, annotations, author, nixSnapshotter }` of `container.image`";
    usedBy = [ "image" ];
    check = builtins.isAttrs;
    want = "an attribute set, such as { tag = \"1.0\"; }";
  };
  init = {
    type = "boolean, package or path";
    default = false;
    about = "`true` puts a small first process, catatonit, in front of the program; a package or path is another one";
    usedBy = planned;
    check = value: builtins.isBool value || isText value;
    want = "true, or a package, such as pkgs.tini, or the path of a program";
  };
  keepReferences = boolean // {
    default = false;
    about = "keeps references from the bundle to the store paths that it has copied";
    usedBy = [ "bundle" ];
  };
  limits = {
    type = "attribute set";
    default = { };
    about = "`{ memory, cpus, pids }`: how much of the host the container gets";
    usedBy = planned;
    check = builtins.isAttrs;
    want = ''an attribute set, such as { memory = "512M"; cpus = 1.5; pids = 100; }'';
  };
  mounts = {
    type = "attribute set, by destination";
    default = { };
    about = "`{ type, source, options }`, a host path, or null to drop a default";
    usedBy = planned;
    check = builtins.isAttrs;
    want = ''an attribute set by destination, such as { "/data" = "/srv/data"; }'';
  };
  name = string // {
    defaultText = "(the program's)";
    about = "the derivation's name";
    usedBy = [
      "image"
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
    want = "a store path name: at most ${toString longestName} letters, digits and + - . _ ? =, without a leading dot or a trailing .drv";
  };
  network = string // {
    defaultText = "\"private\"";
    about = "`\"private\"` is a loopback of its own, `\"user\"` what an ordinary user of the host has, `\"host\"` the host's";
    usedBy = planned;
    check =
      value:
      builtins.elem value [
        "private"
        "user"
        "host"
      ];
    want = ''"private", "user" or "host"'';
  };
  nixDatabase = boolean // {
    default = false;
    about = "adds Nix's database of the closure, for a Nix in the container";
    usedBy = planned;
  };
  os = string // {
    defaultText = "(the packages')";
    about = "accepted for calls written for nixpkgs: checked, then dropped";
    usedBy = planned;
  };
  ports = {
    type = "list of integers and strings";
    default = [ ];
    about = "the ports that the program listens on, such as `8080` or `\"53/udp\"`; `\"8080:80\"` publishes one";
    usedBy = planned;
    check = builtins.isList;
    want = "a list of ports, such as [ 8080 \"53/udp\" ]";
  };
  readonly = boolean // {
    default = false;
    about = "makes the container's root read-only";
    usedBy = planned;
  };
  runtime = {
    type = "package";
    defaultText = "pkgs.crun";
    about = "the OCI runtime of `container.run`; not part of the bundle";
    usedBy = [ "run" ];
    # Only evaluating `run` evaluates its path.
    check = value: standsForText value || isText value;
    want = "a package, such as pkgs.runc, or the path of a program";
  };
  seccomp = {
    type = "attribute set, or null for none";
    defaultText = "(Docker's)";
    keepsNull = true;
    about = "the system calls that the container may make: a filter in the specification's format or Docker's";
    usedBy = planned;
    check = value: builtins.isAttrs value && !(value ? outPath);
    want = "a seccomp filter, such as builtins.fromJSON (builtins.readFile ./profile.json), or null for none";
  };
  stopSignal = string // {
    defaultText = "(the engine's: SIGTERM)";
    about = "the signal that ends the program, such as `\"SIGINT\"`";
    usedBy = planned;
  };
  store = string // {
    default = "copy";
    about = "`\"copy\"` puts the closure in the bundle, `\"mount\"` mounts it from the host's store";
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
    about = "gives the process a terminal";
    usedBy = planned;
  };
  user = {
    type = "attribute set";
    default = { };
    about = "`{ uid, gid, additionalGids, umask, name, home }`; root by default";
    usedBy = planned;
    check = builtins.isAttrs;
    want = "an attribute set, such as { uid = 1000; }";
  };
  volumes = {
    type = "list of strings";
    default = [ ];
    about = "the directories that are to be kept: absolute paths, or `\"NAME:/PATH\"`";
    usedBy = planned;
    check = builtins.isList;
    want = "a list of absolute paths, such as [ \"/var/lib/app\" ]";
  };
}
