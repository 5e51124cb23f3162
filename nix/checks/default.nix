/**
  What `nix flake check` builds: the programs' tests, the format of every source, and the example containers, whose rootfs and
  config.json are compared with the expected ones, and which run.
*/
{
  pkgs,
  examples,
  source,
}:
let
  format =
    pkgs.runCommand "oci-bundle-format"
      {
        nativeBuildInputs = [
          pkgs.findutils
          pkgs.nixfmt
          pkgs.rustfmt
        ];
      }
      ''
        cd ${source}
        find . -name '*.nix' -exec nixfmt --check {} +
        find . -name '*.rs' -exec rustfmt --check --config-path rustfmt.toml {} +
        touch $out
      '';

  image = pkgs.ociTools.buildImage {
    args = [ "${pkgs.hello}/bin/hello" ];
  };

  pages = pkgs.ociTools.buildContainer {
    name = "pages";
    args = [
      "httpd"
      "-f"
      "-p"
      "80"
      "-h"
      "/www"
    ];
    contents = [ pkgs.busybox ];
    files."/www/index.html".text = "a page\n";
  };
in
{
  inherit format;
  builder = pkgs.oci-bundle-builder.override { doCheck = true; };
  cli = pkgs.oci-bundle.override { doCheck = true; };
  image = pkgs.oci-bundle-image.override { doCheck = true; };
  hello-prints = examples.hello.test { stdout = "Hello from a container that Nix built.\n"; };
  python-starts = examples.python.tests.starts;
  redis-answers = examples.redis.test {
    script = ''
      container start
      container wait-port 6379
      [ "$(container exec redis-cli ping)" = PONG ]
    '';
  };
  shell-has-tools = examples.shell.test {
    args = [
      "-c"
      "git --version && python3 -c 'print(6 * 7)'"
    ];
    stdout.match = "^42$";
  };
  # Without a certificate, it does not start.
  web-names-its-certificate = examples.web.test {
    exitCode = 1;
    stderr.match = ''cannot load certificate "/etc/tls/cert.pem"'';
  };
  image-has-all-blobs = image.layout;
  containers-talk = pkgs.ociTools.testContainers {
    nodes = {
      one = pages;
      other = pages;
    };
    script = ''
      container one start
      container other start
      container other wait-port 80
      [ "$(container one exec wget -q -O - http://other/)" = "a page" ]
    '';
  };
}
// import ./examples.nix { inherit pkgs examples; }
