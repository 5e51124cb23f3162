/**
  Tests of a container, with and without a filter of system calls: one run, and a script; a test of a web server and a database; and a
  derivation that does nothing, with the same input as the first. Each value of `salt` is another derivation.
*/
{ kind, salt }:
let
  pkgs = (import ../../tests/pkgs { }).extend (import ../../nix/overlay.nix);
  container = more: pkgs.ociTools.buildContainer ({ args = [ "${pkgs.hello}/bin/hello" ]; } // more);
  test =
    container:
    container.test {
      stdout = "Hello, world!\n";
      env.SALT = salt;
    };
  script =
    container:
    container.test {
      script = ''
        container start
        [ "$(container wait)" = 0 ]
      '';
      env.SALT = salt;
    };

  db = pkgs.ociTools.buildContainer {
    name = "db";
    args = [
      "redis-server"
      "--protected-mode"
      "no"
      "--save"
      ""
    ];
    contents = [ pkgs.redis ];
  };
  web = pkgs.ociTools.buildContainer {
    name = "web";
    args = [
      "httpd"
      "-f"
      "-h"
      "/www"
    ];
    contents = [
      pkgs.busybox
      pkgs.redis
    ];
    files."/www/cgi-bin/visits" = {
      executable = true;
      text = ''
        #!/bin/sh
        printf 'Content-Type: text/plain\r\n\r\n'
        exec redis-cli -h db incr visits
      '';
    };
  };
  unfiltered = {
    seccomp = null;
  };
in
{
  test = test (container { });
  test-unfiltered = test (container unfiltered);
  script = script (container { });
  script-unfiltered = script (container unfiltered);
  web-and-db = pkgs.ociTools.testContainers {
    nodes = { inherit db web; };
    packages = [ pkgs.curl ];
    script = ''
      container db start
      container web start
      container db wait-port 6379
      container web wait-port 80
      [ "$(curl --silent --fail http://web/cgi-bin/visits)" = 1 ]
    '';
    env.SALT = salt;
  };
  nothing = derivation {
    inherit salt;
    name = "nothing";
    system = builtins.currentSystem;
    builder = "${pkgs.busybox}/bin/busybox";
    args = [
      "sh"
      "-c"
      "echo >$out"
    ];
    input = "${container { }}";
  };
}
.${kind}
