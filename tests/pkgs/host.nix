/**
  A derivation that runs a script of this folder with the tools of the machine
  that builds: apt, dpkg, patchelf, gcc and the Rust toolchain.

  There is no binary cache to take those tools from, hence `__noChroot`, which
  needs `sandbox = relaxed`. What comes out must not depend on the machine:
  debian.sh verifies this, and the Rust builds allow no references at all.
*/
system:
{
  name,
  script,
  meta ? { },
  passthru ? { },
  ...
}@args:
import ./package.nix { inherit meta passthru; } (
  derivation (
    removeAttrs args [
      "script"
      "meta"
      "passthru"
    ]
    // {
      inherit name system;
      __noChroot = true;
      builder = "/bin/sh";
      args = [
        "-eu"
        script
      ];
      PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    }
  )
)
