/**
  One of our Rust packages, from its own sources and those of the packages below it alone: no other change builds it again.

  # Inputs
  `directory`
  : Where the package is, from the top of the project; "" for the builder, which is the top.

  `sources`
  : The files and directories that cargo needs, from there as well.

  `doCheck`
  : Whether its tests run; whoever only wants the program need not.

  # Type
  package :: { rustPlatform, lib } -> { directory, sources, doCheck } -> Derivation
*/
{ rustPlatform, lib }:
{
  directory ? "",
  sources,
  doCheck,
}:
let
  inherit (builtins)
    any
    match
    path
    readFile
    ;
  manifest = fromTOML (readFile (../../. + "/${directory}/Cargo.toml"));
  inherit (manifest.package) name;

  root = toString ../../.;
  isWithin = path: parent: path == parent || lib.hasPrefix "${parent}/" path;
  isSource =
    path: any (source: isWithin path "${root}/${source}" || isWithin "${root}/${source}" path) sources;
  # Tests are files of their own, which only a check needs.
  isTest = path: match ".*/tests(\\.rs|/.*)?" path != null;
in
rustPlatform.buildRustPackage (
  {
    pname = name;
    inherit (manifest.package) version;
    inherit doCheck;

    src = path {
      path = ../../.;
      name = "${name}-source";
      filter = path: _type: isSource path && (doCheck || !isTest path);
    };
    cargoLock.lockFile = ../../. + "/${directory}/Cargo.lock";

    meta = {
      inherit (manifest.package) description;
      license = lib.licenses.mit;
      mainProgram = name;
      platforms = lib.platforms.linux;
    };
  }
  // (
    if directory == "" then
      { }
    else
      {
        cargoRoot = directory;
        buildAndTestSubdir = directory;
      }
  )
)
