/**
  What comes of a container, an output a file. A new one is its file and a line here; arguments.nix says which arguments
  it uses.

  # Inputs
  `setting`
  : What build-container.nix is given: the packages and systems.

  `container`
  : The `name`, the `arguments` in their canonical form, and the `closure`: the store paths in them.

  # Type
  outputs :: AttrSet -> { name, arguments, closure } -> AttrSet
*/
setting:
let
  inherit (builtins) mapAttrs;
  route = import ../internal/route.nix;

  makers = mapAttrs (_: file: import file setting) {
    bundle = ./bundle.nix;
    closure = ./closure.nix;
    run = ./run.nix;
  };
in
container:
let
  outputs = mapAttrs (
    output: make:
    make (
      container
      // {
        inherit outputs;
        arguments = route output container.arguments;
      }
    )
  ) makers;
in
outputs
