/**
  The Nix database of a closure, made by Nix itself: a store path with `db.sqlite` and `schema`. It names no container, so all of
  one closure share it.

  # Inputs
  `setting`
  : The parameters of build-container.nix, whose `build` has `nix` and `sqlite`, and the `function` that was called.

  `closure`
  : The store paths.

  # Type
  nixDatabase :: AttrSet -> [String] -> Derivation
*/
setting:
let
  inherit (import ./message.nix) argumentErrorOf;
  argumentError = argumentErrorOf setting.function;
  derive = import ./derive.nix setting;
  program = import ./program.nix;

  programOf =
    name:
    program "pkgs.${name}" (
      setting.build.${name}
        or (argumentError "nixDatabase" "the package set has no ${name}, which makes the database; add one")
    );
in
closure:
derive "oci-bundle-builder" closure {
  name = "nix-database";
  args = [ "write-nix-database" ];
  __structuredAttrs = true;
  # Nix is several programs, in one directory.
  nixStore = "${dirOf (programOf "nix")}/nix-store";
  sqlite3 = programOf "sqlite";
}
