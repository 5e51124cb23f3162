//! Which store paths are together in a layer.
//!
//! A layer is fetched as a whole, so what changes should be alone with little else. Large store paths have layers of their own. Small
//! ones are in groups by their names without versions (`small_paths`): a new version of one is in the group of the old one, and a new
//! dependency changes its own group and no other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::derivation::store::StorePath;

use super::small_paths;

/// The least size of a store path that has a layer of its own, in bytes.
const LARGE: u64 = 1 << 20;

/// One of how many layers is kept for a group of small store paths. It does not depend on what there is, as another number of groups
/// is other groups.
const GROUPS: usize = 4;

/// How store paths are put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// How many layers there may be, without that of what the user has written.
    pub most: usize,
    /// Groups that the user has asked for, by the names of the store paths.
    pub explicit: Vec<BTreeSet<String>>,
}

/// Some store paths, and why they are together.
pub type Group = (String, Vec<PathBuf>);

/// Groups the closure: what the user has asked for, then large store paths, the largest first, then the groups of small ones.
pub fn group(closure: &Closure, grouping: &Grouping) -> Vec<Group> {
    let mut left: Vec<_> = closure.paths().iter().zip(closure.sizes().iter().copied()).collect();
    let directory = closure.store_dir().to_path();
    let place = |path: &StorePath| directory.join(path.to_string());
    let mut groups = Vec::new();
    for (index, wanted) in grouping.explicit.iter().enumerate() {
        let (found, rest): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(path, _)| wanted.contains(&path.to_string()));
        left = rest;
        if !found.is_empty() {
            groups.push((format!("image.layers[{index}]"), found.into_iter().map(|(path, _)| place(path)).collect()));
        }
    }
    let most = grouping.most.saturating_sub(groups.len()).max(1);
    let most_small = (most / GROUPS).max(1);
    let most_large = most - most_small;
    // Of the same size, the names decide.
    left.sort_by_key(|(path, size)| (std::cmp::Reverse(*size), *path));
    let large = left.iter().take(most_large).take_while(|(_, size)| *size >= LARGE).count();
    let small = left.split_off(large);
    groups.extend(left.into_iter().map(|(path, _)| ("a large store path".to_owned(), vec![place(path)])));
    let groups_of_small = small_paths::group(&small, most_small, most - large);
    groups.extend(groups_of_small.into_iter().map(|(name, paths)| {
        let mut paths: Vec<_> = paths.into_iter().map(place).collect();
        paths.sort_unstable();
        (format!("small store paths, group {name}"), paths)
    }));
    groups
}

#[cfg(test)]
mod tests;
