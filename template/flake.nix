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
        # What your own programs reach: the outside, and names.
        network = "user";
        # The prompt, such as "myContainer:/# ".
        env.PS1 = "\\h:\\w\\$ ";
        terminal = true;
        # Nothing writes into the bundle. Without this, `.run` lets the container write anywhere, to a layer over the bundle;
        # a plain runtime would write to the store.
        readonly = true;
        # A directory of the host: mounts."/data" = "/srv/data";
      };

      # A web server: nix run .#web.run -- --publish 8080:8080
      web = buildContainer {
        name = "web";
        args = [
          "httpd"
          "-f"
          "-v"
          "-p"
          "8080"
          "-h"
          "/www"
        ];
        contents = [ pkgs.busybox ];
        files."/www/index.html".text = "hello from a web server\n";
        # httpd does not end by a signal where it is the first process.
        init = true;
        readonly = true;
      };
    in
    {
      packages.${system} = { inherit myContainer web; };

      # nix flake check runs the containers in Nix's sandbox.
      checks.${system} = {
        starts = myContainer.tests.starts;

        # One run, and what it prints.
        greets = myContainer.test {
          args = [
            "-c"
            "echo hello from $HOSTNAME"
          ];
          stdout.match = "^hello from myContainer";
        };

        # A script that starts the container and asks it something.
        serves = web.test {
          packages = [ pkgs.curl ];
          script = ''
            container start
            container wait-port 8080
            curl --silent --show-error --fail http://web:8080/ | grep "hello from a web server"
          '';
        };
      };
    };
}
