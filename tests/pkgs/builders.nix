/**
  Builders that run in the sandbox, on store paths alone.
*/
final:
let
  inherit (final) lib;

  # What nixpkgs' stdenv has on its PATH, as far as it is there.
  standardTools = [
    final.coreutils
    final.findutils
    final.diffutils
    final.gawk
    final.gnugrep
    final.gnused
    final.gnutar
    final.gzip
    final.bash
  ];

  /**
    Runs a Bash script that makes $out. The attributes of `env` are in its
    environment, or are what Nix itself takes for (exportReferencesGraph, …).
    One of them may be `outputs`; the script makes each one's path, $NAME.
  */
  runCommand =
    name: env: buildCommand:
    import ./package.nix
      {
        meta = env.meta or { };
        passthru = env.passthru or { };
      }
      (
        derivation (
          removeAttrs env [
            "meta"
            "passthru"
          ]
          // {
            inherit name buildCommand;
            inherit (final) system;
            builder = "${final.bash}/bin/bash";
            args = [
              "-ec"
              ''source "$buildCommandPath"''
            ];
            # A script may be larger than what fits into the environment.
            passAsFile = [ "buildCommand" ] ++ env.passAsFile or [ ];
            PATH = lib.makeBinPath (env.nativeBuildInputs or [ ] ++ env.buildInputs or [ ] ++ standardTools);
          }
        )
      );

  /**
    A file at `destination` ("/bin/x") in the store path, or the path itself.
  */
  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
    }:
    runCommand name
      {
        inherit text executable destination;
        passAsFile = [ "text" ];
        meta = lib.optionalAttrs (executable && destination != "") { mainProgram = name; } // meta;
      }
      ''
        mkdir -p "$(dirname "$out$destination")"
        cp "$textPath" "$out$destination"
        if [ -n "$executable" ]; then
          chmod +x "$out$destination"
        fi
      '';

  shellScript = text: "#!${final.bash}/bin/bash\n${text}\n";
in
{
  inherit runCommand writeTextFile;

  emptyDirectory = runCommand "empty-directory" { } "mkdir $out";

  writeText = name: text: writeTextFile { inherit name text; };

  /**
    A file at `path` ("etc/x") in the store path.
  */
  writeTextDir =
    path: text:
    writeTextFile {
      inherit text;
      name = baseNameOf path;
      destination = "/${path}";
    };

  writeScript =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
    };

  writeShellScript = name: text: final.writeScript name (shellScript text);

  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      text = shellScript text;
      executable = true;
      destination = "/bin/${name}";
    };

  /**
    A file with the store paths of the closure of `paths`, one a line.
  */
  writeClosure =
    paths:
    runCommand "runtime-deps"
      {
        exportReferencesGraph = builtins.concatLists (
          builtins.genList (index: [
            "graph-${toString index}"
            (builtins.elemAt paths index)
          ]) (builtins.length paths)
        );
      }
      ''
        # A graph has, for each path: the path, its deriver, how many paths it
        # references, and these.
        for graph in graph-*; do
          while read -r path && read -r _deriver && read -r count; do
            echo "$path"
            for ((; count > 0; count--)); do
              read -r _reference
            done
          done <"$graph"
        done | sort -u >$out
      '';

  /**
    One store path with links to all files of several ones; the first has
    precedence.
  */
  symlinkJoin =
    {
      name,
      paths,
      postBuild ? "",
      meta ? { },
    }:
    runCommand name { inherit paths meta; } ''
      mkdir $out
      for path in $paths; do
        # Its files one by one, so that links lead to them by their plain paths.
        find "$path/" -mindepth 1 -maxdepth 1 -exec \
          cp --recursive --symbolic-link --no-clobber --no-preserve=mode --target-directory=$out {} +
      done
      ${postBuild}
    '';

  /**
    For devShells: `nix develop` takes PATH from its environment.
  */
  mkShell =
    {
      name ? "shell",
      packages ? [ ],
      ...
    }:
    runCommand name
      {
        nativeBuildInputs = packages;
        outputs = [ "out" ];
      }
      ''
        echo "$PATH" >$out
      '';
}
