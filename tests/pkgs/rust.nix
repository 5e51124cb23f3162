/**
  The machine's Rust toolchain, and packages compiled with it.

  The toolchain is no store path: compiling goes by two links that `make setup`
  makes, see rust/environment.sh.
*/
final:
let
  inherit (final) lib;
  host = import ./host.nix final.system;

  /**
    A derivation with one of the scripts in ./rust. All programs are linked
    statically: there is no C library in the store that fits the machine's gcc.
  */
  rust =
    script: args:
    host (
      {
        inherit script;
        environment = ./rust/environment.sh;
        target = "${final.stdenv.hostPlatform.parsed.cpu.name}-unknown-linux-gnu";
        RUSTC_WRAPPER = ./rust/rustc.sh;
        RUSTFLAGS = "-C target-feature=+crt-static";
      }
      // args
    );

  toolchain = host {
    name = "rust-toolchain";
    script = ./rust/toolchain.sh;
    environment = ./rust/environment.sh;
  };
  fromToolchain =
    program:
    toolchain
    // {
      pname = program;
      meta.mainProgram = program;
    };

  /**
    As in nixpkgs, for packages with dependencies from a registry only.

    Three derivations, so that each change builds no more than it must: the
    dependencies' sources (`vendor`) and their compiled libraries depend on
    Cargo.toml and Cargo.lock alone, only the last one on `src`.
  */
  buildRustPackage =
    {
      pname,
      version,
      src,
      cargoLock,
      # Where the package is in `src`; with another place than the top, it may have a path dependency on what is there.
      cargoRoot ? ".",
      doCheck ? true,
      checkType ? "release",
      dontCargoBuild ? false,
      cargoBuildFlags ? [ ],
      cargoTestFlags ? [ ],
      nativeBuildInputs ? [ ],
      nativeCheckInputs ? [ ],
      env ? { },
      meta ? { },
      passthru ? { },
      ...
    }@args:
    let
      # The contents, not the files: nothing else beside them may matter.
      manifest = builtins.toFile "Cargo.toml" (
        builtins.readFile (dirOf cargoLock.lockFile + "/Cargo.toml")
      );
      lock = builtins.toFile "Cargo.lock" (builtins.readFile cargoLock.lockFile);
      top = dirOf cargoLock.lockFile + "/../Cargo.toml";
      inTop =
        if cargoRoot == "." then
          { }
        else
          {
            topManifest = builtins.toFile "Cargo.toml" (builtins.readFile top);
          };
      place = inTop // {
        inherit cargoRoot;
      };

      vendor = rust ./rust/vendor.sh (
        place
        // {
          name = "${pname}-vendor";
          inherit manifest lock;
        }
      );

      # With the release build's libraries only, or with the tests' as well.
      dependencies = rust ./rust/dependencies.sh (
        env
        // place
        // {
          name = "${pname}-dependencies";
          inherit manifest lock vendor;
          inherit nativeBuildInputs;
        }
      );
      testDependencies = rust ./rust/dependencies.sh (
        env
        // place
        // {
          name = "${pname}-test-dependencies";
          inherit manifest lock vendor;
          inherit nativeBuildInputs checkType dependencies;
        }
      );
    in
    rust ./rust/package.sh (
      env
      // {
        name = "${pname}-${version}";
        inherit
          src
          cargoRoot
          vendor
          doCheck
          checkType
          dontCargoBuild
          cargoBuildFlags
          cargoTestFlags
          nativeBuildInputs
          nativeCheckInputs
          ;
        dependencies = if doCheck then testDependencies else dependencies;
        # Linked statically, so nothing of the build may be left in it.
        allowedReferences = [ ];
        inherit meta;
        passthru = {
          inherit
            pname
            version
            src
            vendor
            ;
          overrideAttrs = change: buildRustPackage (args // change args);
        }
        // passthru;
      }
    );
in
{
  cargo = fromToolchain "cargo";
  rustc = fromToolchain "rustc";
  clippy = fromToolchain "cargo-clippy";
  rustfmt = host {
    name = "rustfmt";
    script = ./rust/rustfmt.sh;
    environment = ./rust/environment.sh;
    inherit (final) glibc;
    inherit (final.glibc) loader;
    libraries = [
      final.libraryPackages.libgcc-s1
      final.libraryPackages.zlib1g
    ];
    meta.mainProgram = "rustfmt";
    passthru.pname = "rustfmt";
  };

  rustPlatform = { inherit buildRustPackage; };

  /**
    A port of nixfmt to Rust, the one that needs no Haskell to be built.
  */
  nixfmt = rust ./rust/install.sh {
    name = "nixfmt";
    crate = "nixfmt_rs";
    version = "0.5.3";
    program = "nixfmt";
    allowedReferences = [ ];
    meta.mainProgram = "nixfmt";
    passthru.pname = "nixfmt";
  };

  /**
    Formats the Nix files that are given, or are below the folders given.
  */
  nixfmt-tree = final.writeShellScriptBin "nixfmt-tree" ''
    set -eu
    if [ $# = 0 ]; then
      set -- .
    fi
    # Links are not followed, so `result` stays as it is.
    ${final.findutils}/bin/find "$@" \( -name .git -o -name target \) -prune -o \
      -name '*.nix' -type f -exec ${lib.getExe final.nixfmt} {} +
  '';
}
