/**
  A check for each example container: compares the bundle with its expected content, which is written here by hand except for the
  store paths of files that only the example names.
*/
{ pkgs, examples }:
let
  check = import ./bundle.nix { inherit pkgs; };
in
{
  hello = check {
    bundle = examples.hello;
    roots = [ pkgs.hello ];
    config = {
      hostname = "hello";
      args = [
        "${pkgs.hello}/bin/hello"
        "--greeting=Hello from a container that Nix built."
      ];
    };
  };

  python = check {
    bundle = examples.python;
    roots = [
      pkgs.python3
      (builtins.elemAt examples.python.container.args 1)
    ];
    config = {
      hostname = "python";
      inherit (examples.python.container) args;
    };
  };

  nginx = check {
    bundle = examples.nginx;
    roots = [
      pkgs.nginx
      (builtins.elemAt examples.nginx.container.args 4)
    ];
    config = {
      hostname = "nginx";
      inherit (examples.nginx.container) args;
      mounts = {
        "/run/nginx" = {
          type = "bind";
          source = "/run/my-site";
          options = [ "rbind" ];
        };
        "/srv/www" = {
          type = "bind";
          source = "/srv/www";
          options = [
            "rbind"
            "ro"
          ];
        };
      };
    };
    directories = [
      "run/nginx"
      "srv"
      "srv/www"
    ];
  };
}
