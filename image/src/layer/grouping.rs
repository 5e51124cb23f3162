//! Which store paths are together in a layer.
//!
//! A layer is fetched as a whole, so what changes should be alone with little else. Large store paths have layers of their own. Small
//! ones are in groups by their names without versions: a new version of one is in the group of the old one, and a new dependency
//! changes its own group and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::derivation::store::StorePath;

/// The least size of a store path that has a layer of its own, in bytes.
const LARGE: u64 = 1 << 20;

/// One of how many layers is for a group of small store paths: more would leave too few for large ones, fewer would send more again
/// with each small path. It does not depend on what there is, as another number of groups is other groups.
const GROUPS: usize = 2;

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
    let mut by_name: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
    for (path, _) in small {
        by_name.entry(hash(stem(&path.to_string())) % most_small as u64).or_default().push(place(path));
    }
    groups.extend(by_name.into_iter().map(|(number, mut paths)| {
        paths.sort_unstable();
        (format!("small store paths, group {number}"), paths)
    }));
    groups
}

/// The name of a store path without its hash and version, as Nix splits it (Nix manual, `parseDrvName`).
fn stem(path: &str) -> &str {
    let name = path.split_once('-').map_or(path, |(_, name)| name);
    let end =
        name.match_indices('-').find(|(at, _)| !name[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic()));
    end.map_or(name, |(at, _)| &name[..at])
}

/// FNV-1a, which is the same everywhere and for ever.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
