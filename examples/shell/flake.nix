{
  description = "A shell with the tools of a project";

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
      packages.${system}.shell = buildContainer {
        name = "shell";
        args = [ "bash" ];
        contents = [
          pkgs.bashInteractive
          pkgs.cacert
          pkgs.coreutils
          pkgs.curl
          pkgs.git
          pkgs.python3
        ];
        user.uid = 1000;
        cwd = "/work";
        network = "user";
        terminal = true;
        # The prompt, such as "shell:/work$ ".
        env.PS1 = "\\h:\\w\\$ ";
      };
    };
}
