/**
  Makes the function `testContainers`, which tests several containers on one network with a script.

  # Inputs
  `setting`
  : The parameters of build-container.nix.

  # Type
  AttrSet -> { nodes, script, packages ? [ ], env ? { }, timeout ? 60, name ? "containers" } -> Derivation
*/
setting:
let
  inherit (builtins)
    attrNames
    isAttrs
    isString
    length
    match
    removeAttrs
    ;
  inherit (import ./internal/message.nix) argumentErrorOf describe;
  testDerivation = import ./internal/test-derivation.nix setting;

  argumentError = argumentErrorOf "testContainers";
  checked = import ./internal/known-arguments.nix {
    function = "testContainers";
    known = [
      "name"
      "nodes"
      "script"
      "packages"
      "env"
      "timeout"
      "requiredSystemFeatures"
    ];
    example = "{ nodes = { web = …; }; script = \"…\"; }";
  };
  # Of 192.168.83.0/24, without the script's own and what is kept free.
  most = 200;

  nodeOf =
    nodes: name:
    let
      node = nodes.${name};
    in
    if match "[a-z]([a-z0-9-]{0,61}[a-z0-9])?" name == null then
      argumentError "nodes.${name}" "want a host name of small letters, digits and hyphens, such as web-1"
    else if name == "localhost" then
      argumentError "nodes.${name}" "is the name of the script itself; choose another one"
    else if !(isAttrs node && node ? bundle) then
      argumentError "nodes.${name}" "found ${describe node}, want a container, such as buildContainer { … }"
    else
      {
        inherit name;
        bundle = "${node.bundle}";
      };
in
given:
let
  arguments = checked given;
  nodes = arguments.nodes or null;
  name = arguments.name or "containers";
in
if !(isAttrs nodes && nodes != { } && length (attrNames nodes) <= most) then
  argumentError "nodes" "found ${describe nodes}, want an attribute set of 1 to ${toString most} containers, such as { web = buildContainer { … }; }"
else if !isString (arguments.script or null) then
  argumentError "script" "found ${describe (arguments.script or null)}, want a script of bash"
else if !isString name || match "[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}" name == null then
  argumentError "name" "found ${describe name}, want letters, digits, '.', '_' and '-', at most 200"
else
  testDerivation {
    inherit argumentError;
    name = "${name}-test";
    nodes = map (nodeOf nodes) (attrNames nodes);
    isNamed = true;
    test = removeAttrs arguments [
      "name"
      "nodes"
    ];
  }
