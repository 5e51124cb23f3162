//! Where cgroups are.

/// Where cgroups are mounted.
pub const MOUNT_POINT: &str = "/sys/fs/cgroup";

/// Where the second version is mounted beside the first.
pub const UNIFIED: &str = "/sys/fs/cgroup/unified";

/// The type of the second version's file system (statfs(2), `CGROUP2_SUPER_MAGIC`).
pub const CGROUP2: i64 = 0x6367_7270;

/// The type of the first version's (`CGROUP_SUPER_MAGIC`).
pub const CGROUP1: i64 = 0x0027_e0eb;
