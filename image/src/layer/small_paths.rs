//! Groups of small store paths, by their names without versions.
//!
//! A name leads to its group by the digits of its hash: first to one of a fixed number of groups, then, where these are large and there
//! may be more layers, to one of the two halves of a group, and so on. So a group that grows or shrinks over the bound changes itself
//! and its other half, and no other.

use std::collections::{BTreeMap, VecDeque};

use oci_bundle_builder::plan::derivation::store::StorePath;

/// The size from which a group is halved, in bytes. A push sends it again with each edit of a path in it: 20 times that is below 5 MiB.
const LARGE: u64 = 240 << 10;

/// How many digits of a hash are used.
const DIGITS: u32 = 48;

/// Some store paths.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group<'p> {
    size: u64,
    name: String,
    digits: u32,
    paths: Vec<(&'p StorePath, u64)>,
}

/// Groups these store paths, each with its size: into `first` groups, and more as long as there are fewer than `most`.
pub fn group<'p>(paths: &[(&'p StorePath, u64)], first: usize, most: usize) -> Vec<(String, Vec<&'p StorePath>)> {
    let number_of = |path: &StorePath| hash(stem(&path.to_string())) % first as u64;
    let mut by_number = BTreeMap::<u64, Vec<_>>::new();
    for (path, size) in paths {
        by_number.entry(number_of(path)).or_default().push((*path, *size));
    }
    let groups = by_number.into_iter().map(|(number, paths)| Group::new(number.to_string(), 0, paths));
    let mut waiting: VecDeque<_> = groups.collect();
    let mut groups = Vec::new();
    // All groups are halved before the halves are, in an order that sizes do not change: so a half more takes one from the last.
    while let Some(group) = waiting.pop_front() {
        let may_be_more = groups.len() + waiting.len() + 1 < most;
        match group.halves(first as u64).filter(|_| may_be_more) {
            Some(halves) => waiting.extend(halves),
            None => groups.push((group.name, group.paths)),
        }
    }
    groups.sort_unstable();
    let without_sizes = |(name, mut paths): (String, Vec<(&'p StorePath, u64)>)| {
        paths.sort_unstable();
        (name, paths.into_iter().map(|(path, _)| path).collect())
    };
    groups.into_iter().map(without_sizes).collect()
}

impl<'p> Group<'p> {
    fn new(name: String, digits: u32, paths: Vec<(&'p StorePath, u64)>) -> Self {
        Self { size: paths.iter().map(|(_, size)| size).sum(), name, digits, paths }
    }

    /// Its halves: what has a name that is too large by itself and the rest, or else by the first digit in which its names differ;
    /// `None` if it is small, or has one name.
    fn halves(&self, first: u64) -> Option<[Self; 2]> {
        if self.size <= LARGE {
            return None;
        }
        let half = |which: String, digits, paths| Self::new(format!("{}.{which}", self.name), digits, paths);
        let mut by_name = BTreeMap::<String, u64>::new();
        for (path, size) in &self.paths {
            *by_name.entry(stem(&path.to_string()).to_owned()).or_default() += size;
        }
        if by_name.len() < 2 {
            return None;
        }
        if let Some((name, _)) = by_name.iter().find(|(_, size)| **size > LARGE) {
            let (alone, rest) = self.paths.iter().copied().partition(|(path, _)| stem(&path.to_string()) == name);
            return Some([half(name.clone(), DIGITS, alone), half("rest".to_owned(), self.digits, rest)]);
        }
        (self.digits..DIGITS).find_map(|digit| {
            let is_one = |path: &StorePath| ((hash(stem(&path.to_string())) / first) >> digit) & 1 == 1;
            let (ones, zeros): (Vec<_>, Vec<_>) = self.paths.iter().copied().partition(|(path, _)| is_one(path));
            let is_one_half = ones.is_empty() || zeros.is_empty();
            (!is_one_half)
                .then(|| [half(format!("{digit}a"), digit + 1, zeros), half(format!("{digit}b"), digit + 1, ones)])
        })
    }
}

/// The name of a store path without its hash and version, as Nix splits it (Nix manual, `parseDrvName`).
fn stem(path: &str) -> &str {
    let name = path.split_once('-').map_or(path, |(_, name)| name);
    let end =
        name.match_indices('-').find(|(at, _)| !name[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic()));
    end.map_or(name, |(at, _)| &name[..at])
}

/// FNV-1a, which is the same everywhere and for ever.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
