/**
  The whole config.json of a read-only container, except for the filter of system calls.
*/
{
  args,
  hostname,
  mounts,
}:
let
  capabilities = [
    "CAP_AUDIT_WRITE"
    "CAP_KILL"
    "CAP_NET_BIND_SERVICE"
  ];
in
{
  ociVersion = "1.1.0";
  inherit hostname mounts;
  root = {
    path = "rootfs";
    readonly = true;
  };
  process = {
    inherit args;
    cwd = "/";
    env = [
      "HOME=/root"
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    ];
    user = {
      uid = 0;
      gid = 0;
    };
    terminal = false;
    noNewPrivileges = true;
    capabilities = {
      bounding = capabilities;
      effective = capabilities;
      permitted = capabilities;
    };
    rlimits = [
      {
        type = "RLIMIT_NOFILE";
        soft = 1024;
        hard = 1024;
      }
    ];
  };
  linux = {
    namespaces = [
      { type = "pid"; }
      { type = "network"; }
      { type = "ipc"; }
      { type = "uts"; }
      { type = "mount"; }
      { type = "cgroup"; }
    ];
    resources.devices = [
      {
        allow = false;
        access = "rwm";
      }
    ];
    maskedPaths = [
      "/proc/acpi"
      "/proc/asound"
      "/proc/interrupts"
      "/proc/kcore"
      "/proc/keys"
      "/proc/latency_stats"
      "/proc/sched_debug"
      "/proc/scsi"
      "/proc/timer_list"
      "/proc/timer_stats"
      "/sys/devices/virtual/powercap"
      "/sys/devices/virtual/tpm"
      "/sys/firmware"
      "/sys/fs/selinux"
    ];
    readonlyPaths = [
      "/proc/bus"
      "/proc/fs"
      "/proc/irq"
      "/proc/sys"
      "/proc/sysrq-trigger"
    ];
  };
}
