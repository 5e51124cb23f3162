//! The builder's parts that are measured one by one.

/// The parts, by the names of criterion's groups.
pub const PARTS: [&str; 4] = ["decode the graph", "plan rootfs", "make and check config.json", "write the bundle"];

/// How many store paths (or, for config.json, mounts) each is given.
pub const SIZES: [usize; 3] = [100, 1_000, 10_000];
