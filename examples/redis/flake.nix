{
  description = "A database that keeps what is in it";

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
    in
    {
      packages.${system}.redis = buildContainer {
        name = "redis";
        args = [ "redis-server" ];
        contents = [ pkgs.redis ];
        user.uid = 1000;
        # Redis saves to its working directory.
        cwd = "/var/lib/redis";
        volumes = [ "/var/lib/redis" ];
        ports = [ 6379 ];
        health.command = [
          "redis-cli"
          "ping"
        ];
      };
    };
}
