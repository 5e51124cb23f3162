//! The id maps of a user namespace that is made inside of the one that the runner makes.

use serde_json::{Value, json};

/// A map of so many extents is a text that the kernel takes (`user_namespaces`(7)).
const MOST_EXTENTS: usize = 100;

/// Which ids a container has, and which they are outside: 0 is the user's own there, and subordinate ones follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdMap {
    /// First id of the container, first id outside, and how many.
    extents: Vec<(u64, u64, u64)>,
    /// Whether ids that were asked for are missing.
    pub is_short: bool,
}

impl IdMap {
    /// Maps ranges of ids of the container to what there is outside, which are such extents, from 0 on. `own` is the id of
    /// the container that the user's own becomes; else it is the first.
    ///
    /// A kernel takes no mapping that has more than one extent behind it.
    pub fn new(ranges: &[(u64, u64)], own: Option<u64>, there: &[u64]) -> Self {
        let mut there = there.iter().copied();
        let (mut next, mut left) = (0, there.next().unwrap_or(0));
        let mut map = Self { extents: Vec::new(), is_short: false };
        let mut ranges = ranges.to_vec();
        if let Some(own) = own {
            // The first extent is this one id.
            (next, left) = (1, 0);
            map.extents.push((own, 0, 1));
            ranges = ranges.into_iter().flat_map(|range| without(range, own)).collect();
        }
        for (mut first, mut size) in ranges {
            while size > 0 && map.extents.len() < MOST_EXTENTS {
                if left == 0 {
                    let Some(extent) = there.next() else { break };
                    left = extent;
                }
                let fits = size.min(left);
                map.extents.push((first, next, fits));
                (first, next, size, left) = (first.saturating_add(fits), next + fits, size - fits, left - fits);
            }
            map.is_short |= size > 0;
        }
        map
    }

    /// The user's own id alone, of more.
    pub fn only(own: u64) -> Self {
        Self { extents: vec![(own, 0, 1)], is_short: true }
    }

    /// Whether the container has this id.
    pub fn has(&self, id: u64) -> bool {
        self.extents.iter().any(|(first, _, size)| (*first..first.saturating_add(*size)).contains(&id))
    }

    /// How many ids the container has.
    pub fn len(&self) -> u64 {
        self.extents.iter().map(|(.., size)| size).sum()
    }

    /// As config.json has it.
    pub fn to_json(&self) -> Value {
        let mapping = |(first, outside, size)| json!({ "containerID": first, "hostID": outside, "size": size });
        self.extents.iter().copied().map(mapping).collect()
    }
}

/// What is left of a range without an id.
fn without((first, size): (u64, u64), id: u64) -> [(u64, u64); 2] {
    let end = first.saturating_add(size);
    if (first..end).contains(&id) { [(first, id - first), (id + 1, end - id - 1)] } else { [(first, size), (0, 0)] }
}

#[cfg(test)]
mod tests;
