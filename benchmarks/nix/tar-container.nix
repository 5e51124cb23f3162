/**
  A container as nixpkgs' ociTools.buildContainer makes it: a script that unpacks a tar archive of the closure, and
  a config.json that Nix writes. With nixpkgs there would be its standard environment too, which takes longer to start
  than the plain Bash here.
*/
pkgs: args:
let
  # There, it would fail with more than one program in `args`; here there is one.
  closure = pkgs.writeClosure args;

  config = pkgs.writeText "config.json" (
    builtins.toJSON {
      ociVersion = "1.0.0";
      hostname = "tar";
      process = {
        inherit args;
        cwd = "/";
        user = {
          uid = 0;
          gid = 0;
        };
      };
      root.path = "rootfs";
      mounts = [
        {
          destination = "/proc";
          type = "proc";
          source = "proc";
        }
      ];
      linux.namespaces = map (type: { inherit type; }) [
        "pid"
        "mount"
      ];
    }
  );
in
{
  inherit closure config;
  container = pkgs.runCommand "tar" { } ''
    set -o pipefail
    mkdir -p $out/rootfs/{dev,proc,sys}
    cp ${config} $out/config.json
    # A tar for all paths; see ../ways/tar.
    xargs -x -s 1500000 tar c <${closure} 2>/dev/null | tar -xC $out/rootfs/
  '';
}
