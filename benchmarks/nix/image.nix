/**
  Images of some closures: the recipes, and lists of their store paths.
*/
let
  inherit (import ./.) buildContainer pkgs;
  large = import ./large-closure.nix pkgs;
  container =
    args: compression:
    buildContainer {
      inherit args;
      name = "image";
      checkProgram = false;
      image = { inherit compression; };
    };
  images = args: {
    zstd = (container args "zstd").image;
    none = (container args "none").image;
    inherit (container args "none") closure;
  };
in
builtins.mapAttrs (_: images) {
  python = [ "${pkgs.python3}/bin/python3" ];
  nginx = [
    "${pkgs.nginx}/bin/nginx"
    "${pkgs.git}/bin/git"
    "${pkgs.curl}/bin/curl"
  ];
  large = [ "${large.closure}" ];
}
// {
  program = pkgs.oci-bundle-image;
}
