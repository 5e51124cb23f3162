/**
  How Debian packages become one store path: downloaded, unpacked, moved to the
  layout of a store path, and patched to use other store paths only.

  - `packages`: the Debian packages merged into the path.
  - `libraries`: the library packages whose files its programs and libraries
    name themselves; the build fails if one is missing, or is there in vain.
  - `interpreters`: packages with the interpreters of its scripts.
  - `finish`: shell commands for what is particular to it, run in $out before
    anything gets patched.
  - `glibc`: null for glibc itself and for packages that need none.
*/
{ system, glibc }:
{
  name,
  packages ? [ name ],
  libraries ? [ ],
  interpreters ? [ ],
  finish ? "",
  mainProgram ? name,
  ...
}@args:
let
  platforms = {
    x86_64-linux = {
      multiarch = "x86_64-linux-gnu";
      loader = "ld-linux-x86-64.so.2";
    };
    aarch64-linux = {
      multiarch = "aarch64-linux-gnu";
      loader = "ld-linux-aarch64.so.1";
    };
  };
in
import ./host.nix system (
  {
    inherit
      name
      packages
      libraries
      interpreters
      finish
      ;
    glibc = args.glibc or glibc;
    script = ./debian.sh;
    meta = { inherit mainProgram; };
    passthru.pname = name;
  }
  // platforms.${system} or (throw "tests/pkgs knows no Debian architecture for ${system}")
)
