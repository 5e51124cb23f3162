//! The trees that are copied: how many store paths, files and bytes, and of what kinds.

/// What a tree is made of.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What scripts call it.
    pub name: &'static str,
    /// What tables call it.
    pub title: &'static str,
    pub paths: usize,
    /// In all paths together.
    pub files: usize,
    /// In all files together.
    pub bytes: u64,
    pub kinds: Kinds,
}

/// What the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Plain files of one size, directly in the store path.
    Same,
    /// As in a real closure: most files are small and a few are large, some can be run, some are links of either kind.
    Mixed,
}

/// Every tree that a script can ask for, in the order of the tables.
pub const SHAPES: [Shape; 7] = [
    Shape { name: "one", title: "1 × 1 GB", paths: 1, files: 1, bytes: 1_000_000_000, kinds: Kinds::Same },
    Shape { name: "large", title: "50 × 20 MB", paths: 50, files: 50, bytes: 1_000_000_000, kinds: Kinds::Same },
    Shape {
        name: "thousand",
        title: "1 000 × 1 MB",
        paths: 1_000,
        files: 1_000,
        bytes: 1_000_000_000,
        kinds: Kinds::Same,
    },
    Shape {
        name: "small",
        title: "10 000 × 10 kB",
        paths: 10_000,
        files: 10_000,
        bytes: 100_000_000,
        kinds: Kinds::Same,
    },
    Shape {
        name: "real",
        title: "like a real one: 1.2 GB, 46 000 files, 300 paths",
        paths: 300,
        files: 46_000,
        bytes: 1_200_000_000,
        kinds: Kinds::Mixed,
    },
    Shape {
        name: "double",
        title: "like a real one: 2.4 GB, 92 000 files, 600 paths",
        paths: 600,
        files: 92_000,
        bytes: 2_400_000_000,
        kinds: Kinds::Mixed,
    },
    Shape {
        name: "files",
        title: "500 000 files in 10 000 paths",
        paths: 10_000,
        files: 500_000,
        bytes: 50_000_000,
        kinds: Kinds::Same,
    },
];

impl Shape {
    /// The tree of this name.
    pub fn named(name: &str) -> Option<Self> {
        SHAPES.into_iter().find(|shape| shape.name == name)
    }

    /// A tree of so many store paths with one small file each.
    pub fn of_paths(paths: usize) -> Self {
        Self { name: "paths", title: "", paths, files: paths, bytes: 1_000 * paths as u64, kinds: Kinds::Same }
    }
}
