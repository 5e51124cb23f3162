{
  description = "A web server with TLS";

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
      packages.${system}.web = buildContainer {
        name = "web";
        args = [
          "nginx"
          "-e"
          "stderr"
          "-c"
          ./nginx.conf
        ];
        contents = [
          pkgs.nginx
          pkgs.busybox
        ];
        ports = [ 443 ];
        stopSignal = "SIGQUIT";
      };
    };
}
