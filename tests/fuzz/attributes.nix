/**
  The structured attributes of containers, as Nix writes them: a list of derivations whose output is the `.attrs.json` of
  one.
*/
let
  pkgs = (import ../pkgs { }).extend (import ../../nix/overlay.nix);

  examples = map (name: import (../../examples + "/${name}.nix") { inherit pkgs; }) [
    "hello"
    "nginx"
    "python"
  ];

  # Something of everything.
  rich = pkgs.ociTools.buildContainer {
    args = [
      "sh"
      "-c"
      "exec sleep 1"
    ];
    contents = [ pkgs.busybox ];
    env.LANG = "C.UTF-8";
    user = {
      uid = 1000;
      gid = 100;
      additionalGids = [ 4 ];
      umask = 18;
      name = "me";
      home = "/home/me";
    };
    cwd = "/data";
    hostname = "it";
    files."/etc/motd".text = "hello";
    files."/bin/start" = {
      text = "#!/bin/sh\n";
      executable = true;
    };
    mounts."/data" = {
      type = "tmpfs";
      source = "tmpfs";
      options = [
        "size=1m"
        "noexec"
      ];
    };
    mounts."/srv" = {
      source = "/srv";
      options = [
        "bind"
        "ro"
      ];
      uidMappings = [
        {
          containerID = 0;
          hostID = 9;
          size = 1;
        }
      ];
    };
    readonly = true;
    terminal = true;
    store = "mount";
    keepReferences = true;
    config = {
      ociVersion = "1.1.0-rc.1";
      process.capabilities.bounding = [ "CAP_KILL" ];
      process.rlimits = [
        {
          type = "RLIMIT_NOFILE";
          soft = 16;
          hard = 32;
        }
      ];
      linux = {
        namespaces = [
          { type = "pid"; }
          { type = "mount"; }
          {
            type = "network";
            path = "/run/netns/x";
          }
        ];
        resources = {
          memory = {
            limit = 67108864;
            swap = 67108864;
          };
          cpu.period = 0;
          devices = [
            {
              allow = false;
              access = "rwm";
            }
            {
              allow = true;
              type = "c";
              major = 136;
              minor = -1;
              access = "rw";
            }
          ];
        };
        seccomp = {
          defaultAction = "SCMP_ACT_ALLOW";
          syscalls = [
            {
              names = [ "mount" ];
              action = "SCMP_ACT_ERRNO";
            }
            {
              names = [ "openat" ];
              action = "SCMP_ACT_TRACE";
              errnoRet = 5000;
              args = [
                {
                  index = 0;
                  op = "SCMP_CMP_MASKED_EQ";
                  value = -100;
                  valueTwo = "18446744073709551615";
                }
              ];
            }
          ];
        };
        sysctl."net.core.somaxconn" = "128";
        maskedPaths = [ "/proc/keys" ];
      };
      hooks.poststop = [
        {
          path = "/bin/start";
          timeout = 1;
        }
      ];
      annotations."org.example" = "x";
    };
  };
in
map (
  container:
  derivation (
    container.drvAttrs
    // {
      builder = "${pkgs.coreutils}/bin/cp";
      args = [
        ".attrs.json"
        (builtins.placeholder "out")
      ];
    }
  )
) (examples ++ [ rich ])
