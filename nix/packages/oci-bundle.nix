/**
  Our program: the builder of containers, and what runs them.
*/
{
  rustPlatform,
  lib,
  # The flake's checks run the tests; whoever only wants the builder need not.
  doCheck ? false,
}:
let
  manifest = builtins.fromTOML (builtins.readFile ../../Cargo.toml);

  # What cargo needs and nothing else, so that no other change builds it again.
  sources = [
    "Cargo.toml"
    "Cargo.lock"
    "src"
    "tests/builder"
  ];
  root = toString ../../.;
  isWithin = path: parent: path == parent || lib.hasPrefix "${parent}/" path;
  isSource =
    path:
    builtins.any (
      source: isWithin path "${root}/${source}" || isWithin "${root}/${source}" path
    ) sources;
in
rustPlatform.buildRustPackage {
  pname = manifest.package.name;
  inherit (manifest.package) version;
  inherit doCheck;

  src = builtins.path {
    path = ../../.;
    name = "${manifest.package.name}-source";
    filter = path: _type: isSource path;
  };
  cargoLock.lockFile = ../../Cargo.lock;

  meta = {
    inherit (manifest.package) description;
    license = lib.licenses.mit;
    mainProgram = manifest.package.name;
    platforms = lib.platforms.linux;
  };
}
