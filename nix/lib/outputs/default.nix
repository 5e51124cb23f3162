/**
  The outputs of a container, one per file. To add one, write its file, a line here, and its name in `usedBy` of the arguments that
  it uses (arguments.nix).

  # Inputs
  `setting`
  : The parameters of build-container.nix: packages and systems, and the `function` that was called, for messages.

  `container`
  : The `name`, the canonical `arguments`, and the `closure`: the store paths in them.

  # Type
  outputs :: AttrSet -> { name, arguments, closure } -> AttrSet
*/
setting:
let
  inherit (builtins) mapAttrs;
  nixDatabase = import ../internal/nix-database.nix setting;
  route = import ../internal/route.nix;

  makers = mapAttrs (_: file: import file setting) {
    bundle = ./bundle.nix;
    closure = ./closure.nix;
    image = ./image.nix;
    run = ./run.nix;
    test = ./test.nix;
    tests = ./tests.nix;
  };
in
container:
let
  # A plan takes the database's path. No argument of the user has it, so it is not in the closure.
  withDatabase =
    arguments:
    if arguments ? nixDatabase then
      arguments // { nixDatabase = "${nixDatabase container.closure}"; }
    else
      arguments;

  outputs = mapAttrs (
    output: make:
    make (
      container
      // {
        inherit outputs;
        arguments = withDatabase (route output container.arguments);
      }
    )
  ) makers;
in
outputs
