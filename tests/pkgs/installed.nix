/**
  A program of the machine that builds, as it is installed there, with the libraries that it uses: for what runs
  containers, so that the tests run them with what the machine has. (What is in containers comes from Debian 12.)
*/
system: name:
import ./host.nix system {
  inherit name;
  script = ./installed.sh;
  meta.mainProgram = name;
  passthru.pname = name;
}
