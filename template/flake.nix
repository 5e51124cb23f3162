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
    in
    {
      packages.${system} = {
        # nix build .#myContainer && sudo runc run --bundle ./result myContainer
        myContainer = buildContainer {
          args = [
            "${pkgs.hello}/bin/hello"
            "--greeting=from a container"
          ];
          # A directory of the host: mounts."/data" = "/srv/data";
          readonly = true;
        };
      };
    };
}
