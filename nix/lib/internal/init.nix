/**
  The path of an init.

  # Inputs
  `setting`
  : The parameters of build-container.nix, whose `host` has `catatonit`.

  `function`
  : The function that was called, for messages.

  `init`
  : The argument `init`, if it is not false.

  # Type
  init :: AttrSet -> String -> (Bool | Derivation | String | Path) -> String
*/
setting:
let
  inherit (import ./message.nix) argumentErrorOf;
  program = import ./program.nix;
in
function: init:
if init == true then
  program "pkgs.catatonit" (
    setting.host.catatonit or (argumentErrorOf function "init"
      "the package set has no catatonit, which is the init; add pkgs.catatonit, or name another init, such as pkgs.tini"
    )
  )
else
  program "init" init
