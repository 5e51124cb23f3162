{
  description = "An OCI container";

  inputs = {
    oci-bundle.url = "github:oci-bundle/oci-bundle";
    nixpkgs.follows = "oci-bundle/nixpkgs";
  };

  outputs =
    { nixpkgs, oci-bundle, ... }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
      inherit (oci-bundle.lib.${system}) buildContainer;

      # nix run .#myContainer.run
      # nix build .#myContainer && sudo runc run --bundle ./result myContainer
      myContainer = buildContainer {
        name = "myContainer";
        args = [ "bash" ];
        contents = [
          pkgs.bashInteractive
          pkgs.coreutils
        ];
        # The prompt, such as "myContainer:/# ".
        env.PS1 = "\\h:\\w\\$ ";
        terminal = true;
        # Nothing writes into the bundle. Without this, `.run` lets the container write anywhere, to a layer over the bundle;
        # a plain runtime would write to the store.
        readonly = true;
        # A directory of the host: mounts."/data" = "/srv/data";
      };
    in
    {
      packages.${system} = { inherit myContainer; };

      # nix flake check runs the container, and compares what it does.
      checks.${system} = {
        starts = myContainer.tests.starts;
        greets = myContainer.test {
          args = [
            "-c"
            "echo hello from $HOSTNAME"
          ];
          stdout.match = "^hello from myContainer";
        };
      };
    };
}
