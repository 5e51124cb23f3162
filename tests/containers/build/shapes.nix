/**
  Values of every type in every place that our Nix code looks into, each with whether a container comes of it. What is wrong has to
  be said with `throw`, which `tryEval` catches; an error of the evaluator's own would end the evaluation here.
*/
{ pkgs, buildContainer }:
let
  inherit (builtins)
    attrNames
    concatMap
    deepSeq
    elem
    genList
    length
    tryEval
    ;

  values = [
    null
    0
    (-1)
    1.5
    (1.0e308 * 10)
    true
    false
    ""
    "x"
    "/x"
    "A=1"
    "bind"
    ./shapes.nix
    ./not/there
    [ ]
    [ 1 ]
    [ "x" ]
    [ null ]
    [ [ ] ]
    [ { } ]
    [ (x: x) ]
    { }
    { a = 1; }
    { "a b" = null; }
    { type = [ ]; }
    { outPath = null; }
    { outPath = 3; }
    { outPath = { }; }
    { outPath = x: x; }
    { outPath = "/x"; }
    { __toString = 3; }
    { __toString = self: 3; }
    { __toString = self: "x"; }
    {
      outPath = "/x";
      __toString = 3;
    }
    {
      outPath = 3;
      __toString = self: "/x";
    }
    { __functor = self: x: x; }
    (x: x)
    (
      let
        endless = {
          inherit endless;
        };
      in
      endless
    )
    (
      let
        endless = [ endless ];
      in
      endless
    )
    pkgs.hello
    pkgs.hello.drvPath
  ];

  plain = {
    args = [ "x" ];
    runtime = "/bin/runtime";
  };
  package = changes: pkgs.hello // changes;
  arguments = import ../../../nix/lib/arguments.nix;

  # Each makes arguments of a value.
  places = map (name: value: { ${name} = value; }) (attrNames arguments) ++ [
    (value: {
      ${if builtins.isString value then builtins.unsafeDiscardStringContext value else "x"} = value;
    })
    (value: { args = [ value ]; })
    (value: {
      args = [
        "x"
        value
      ];
    })
    (value: { contents = [ value ]; })
    (value: { contents = [ (package { meta = value; }) ]; })
    (value: { contents = [ (package { meta.outputsToInstall = value; }) ]; })
    (value: { contents = [ (package { meta.outputsToInstall = [ value ]; }) ]; })
    (value: { contents = [ (package { meta.priority = value; }) ]; })
    (value: { contents = [ (package { outputSpecified = value; }) ]; })
    (value: { contents = [ (package { outPath = value; }) ]; })
    (value: {
      contents = [
        (package {
          name = value;
          meta.outputsToInstall = [ "none" ];
        })
      ];
    })
    (value: {
      contents = [
        (package {
          doc = value;
          meta.outputsToInstall = [ "doc" ];
        })
      ];
    })
    (value: { config.process = value; })
    (value: { config.process.args = value; })
    (value: { config.hooks = value; })
    (value: { config.hooks.startContainer = value; })
    (value: { config.linux = value; })
    (value: { env.A = value; })
    (value: { env = [ value ]; })
    (value: { files."/x" = value; })
    (value: { files."/x".text = value; })
    (value: { files."/x".source = value; })
    (value: { mounts."/x" = value; })
    (value: { mounts."/x".type = value; })
    (value: { mounts."/x".source = value; })
    (value: { mounts."/x".options = value; })
    (value: { mounts."/x".options = [ value ]; })
    (value: { mounts."/x".uidMappings = value; })
    (value: {
      mounts."/x" = {
        type = "tmpfs";
        options = value;
      };
    })
    (value: { user.uid = value; })
    (value: { runtime = package { meta = value; }; })
    (value: { runtime = package { meta.mainProgram = value; }; })
    (value: {
      runtime = package {
        meta = { };
        pname = value;
      };
    })
    (value: {
      runtime = package {
        meta = { };
        pname = null;
        name = value;
      };
    })
    (value: { runtime = package { bin = value; }; })
    (value: { runtime = package { outPath = value; }; })
  ];

  isFine =
    container:
    (tryEval (
      deepSeq [
        container.drvPath
        container.closure.drvPath
        container.run.drvPath
      ] true
    )).success;
  outcomes =
    concatMap (place: map (value: isFine (buildContainer (plain // place value))) values) places
    ++ variants;
  plainContainer = buildContainer plain;
  variants = map isFine (
    concatMap (value: [
      (plainContainer.override value)
      (plainContainer.override (_: value))
      (plainContainer.extend value)
      (plainContainer.extend (_: value))
    ]) values
  );
  count = wanted: length (builtins.filter (outcome: outcome == wanted) outcomes);
in
{
  fine = count true;
  refused = count false;
  # The function itself.
  none = builtins.filter isFine (map buildContainer values);
}
