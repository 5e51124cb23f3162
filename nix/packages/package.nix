/**
  One of our Rust packages. Its source is only its own files and those of its path dependencies, so no other change rebuilds it.

  # Inputs
  `directory`
  : The package's directory, relative to the project; "" for the builder.

  `sources`
  : The files and directories that cargo needs, relative to the project.

  `doCheck`
  : Whether to run its tests, and build nothing else: the output is an empty file.

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
  # Only a check needs the tests, which are separate files.
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
  # The tests alone, unoptimized: they are compiled in a third of the time.
  // lib.optionalAttrs doCheck {
    checkType = "debug";
    dontCargoBuild = true;
    installPhase = "touch $out";
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
