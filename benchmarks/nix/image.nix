/**
  Closures of which images are made: lists of store paths.
*/
let
  inherit (import ./.) buildContainer pkgs;
  closure =
    args:
    (buildContainer {
      inherit args;
      name = "image";
      checkProgram = false;
    }).closure;
in
{
  python = closure [ "${pkgs.python3}/bin/python3" ];
  nginx = closure [ "${pkgs.nginx}/bin/nginx" ];
}
