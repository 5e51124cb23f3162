/**
  Makes a test of the container: one run with what is expected of it, or a script.

  # Type
  test :: AttrSet -> Derivation
*/
setting:
let
  inherit (builtins) isAttrs;
  inherit (import ../internal/message.nix) describe argumentError;
  testDerivation = import ../internal/test-derivation.nix setting;
in
{ name, outputs, ... }:
test:
if !(test == null || isAttrs test) then
  argumentError "test" "found ${describe test}, want an attribute set, such as { stdout = \"Hello\\n\"; }"
else if test ? packages && !(test ? script) then
  argumentError "test.packages" "is for a test with a 'script', and this one has none"
else
  testDerivation {
    argumentError = path: argumentError "test.${path}";
    name = "${name}-test";
    nodes = [
      {
        inherit name;
        bundle = "${outputs.bundle}";
      }
    ];
    isNamed = false;
    inherit test;
  }
