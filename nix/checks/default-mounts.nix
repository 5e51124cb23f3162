/**
  The default mounts of every container, by destination.
*/
{
  "/dev" = {
    type = "tmpfs";
    source = "tmpfs";
    options = [
      "nosuid"
      "strictatime"
      "mode=755"
      "size=65536k"
    ];
  };
  "/dev/mqueue" = {
    type = "mqueue";
    source = "mqueue";
    options = [
      "nosuid"
      "noexec"
      "nodev"
    ];
  };
  "/dev/pts" = {
    type = "devpts";
    source = "devpts";
    options = [
      "nosuid"
      "noexec"
      "newinstance"
      "ptmxmode=0666"
      "mode=0620"
      "gid=5"
    ];
  };
  "/dev/shm" = {
    type = "tmpfs";
    source = "shm";
    options = [
      "nosuid"
      "noexec"
      "nodev"
      "mode=1777"
      "size=65536k"
    ];
  };
  "/proc" = {
    type = "proc";
    source = "proc";
    options = [
      "nosuid"
      "noexec"
      "nodev"
    ];
  };
  "/sys" = {
    type = "sysfs";
    source = "sysfs";
    options = [
      "nosuid"
      "noexec"
      "nodev"
      "ro"
    ];
  };
  "/sys/fs/cgroup" = {
    type = "cgroup";
    source = "cgroup";
    options = [
      "nosuid"
      "noexec"
      "nodev"
      "relatime"
      "ro"
    ];
  };
  "/tmp" = {
    type = "tmpfs";
    source = "tmpfs";
    options = [
      "nosuid"
      "nodev"
      "mode=1777"
      "size=50%"
      "nr_inodes=1m"
    ];
  };
}
