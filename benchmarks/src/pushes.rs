//! What pushes of an image send again while its closure changes, with layers by popularity and with those of `oci-bundle-image`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use oci_bundle_builder::plan::derivation::closure::{Closure, Node};
use oci_bundle_builder::plan::derivation::store::StoreDir;
use oci_bundle_image::layer::{Grouping, group};

use crate::numbers::Numbers;

/// The size of a dependency that is added.
const ADDED: u64 = 64 << 10;

/// A closure that changes.
#[derive(Clone)]
pub struct Changing {
    /// Those that nothing refers to come first.
    packages: Vec<Package>,
}

#[derive(Clone)]
struct Package {
    name: String,
    size: u64,
    /// How often it has changed.
    version: usize,
    references: BTreeSet<usize>,
}

/// What happens between two pushes.
#[derive(Clone, Copy)]
pub enum Edit {
    /// What nothing refers to is another one: the program that is being worked on.
    Program,
    /// A package is another one, and all that refers to it, as Nix builds them again.
    Package,
    /// The program gets one more dependency.
    Dependency,
}

/// How store paths are put into layers.
#[derive(Clone, Copy)]
pub enum Layering {
    Popularity,
    OciBundle,
}

impl Changing {
    /// A closure as Nix tells of it.
    pub fn new(graph: &[Node]) -> Self {
        let places: BTreeMap<_, _> =
            graph.iter().enumerate().map(|(index, node)| (node.path.as_str(), index)).collect();
        let package = |(index, node): (usize, &Node)| {
            let name = node.path.rsplit('/').next().unwrap_or_default();
            let name = name.split_once('-').map_or(name, |(_, name)| name);
            let references = node.references.iter().filter_map(|path| places.get(path.as_str()).copied());
            let references = references.filter(|reference| *reference != index).collect();
            Package { name: name.to_owned(), size: node.size, version: 0, references }
        };
        Self { packages: graph.iter().enumerate().map(package).collect() }
    }

    /// Makes an edit, the same for the same number.
    pub fn edit(&mut self, edit: Edit, number: usize) {
        let program = self.program();
        let changed = match edit {
            Edit::Program => program,
            Edit::Package => Numbers::new(number).below(self.packages.len()),
            Edit::Dependency => {
                let name = format!("added{number}-1.0");
                self.packages.push(Package { name, size: ADDED, version: 0, references: BTreeSet::new() });
                let added = self.packages.len() - 1;
                self.packages[program].references.insert(added);
                program
            }
        };
        for index in self.dependents(changed) {
            self.packages[index].version += 1;
        }
    }

    /// What nothing refers to. There may be several, of which the first counts.
    fn program(&self) -> usize {
        let used: BTreeSet<_> = self.packages.iter().flat_map(|package| &package.references).collect();
        (0..self.packages.len()).find(|index| !used.contains(index)).unwrap_or_default()
    }

    /// A package, and all that refers to it, directly or not.
    fn dependents(&self, of: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([of]);
        loop {
            let more: Vec<_> = (0..self.packages.len())
                .filter(|index| !found.contains(index) && !self.packages[*index].references.is_disjoint(&found))
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }

    /// On how many ways each package is reached from what nothing refers to. nixpkgs calls that its popularity.
    fn popularity(&self) -> Vec<u128> {
        let mut waiting = vec![0_usize; self.packages.len()];
        for reference in self.packages.iter().flat_map(|package| &package.references) {
            waiting[*reference] += 1;
        }
        let mut ready: Vec<_> = (0..waiting.len()).filter(|index| waiting[*index] == 0).collect();
        let mut ways = vec![0_u128; waiting.len()];
        for root in &ready {
            ways[*root] = 1;
        }
        while let Some(index) = ready.pop() {
            for reference in &self.packages[index].references {
                ways[*reference] = ways[*reference].saturating_add(ways[index]);
                waiting[*reference] -= 1;
                if waiting[*reference] == 0 {
                    ready.push(*reference);
                }
            }
        }
        ways
    }

    /// The layers, of which there are at most so many, one of them for what is no store path.
    fn layers(&self, layering: Layering, most: usize) -> Result<Vec<BTreeSet<usize>>> {
        match layering {
            Layering::Popularity => Ok(self.by_popularity(most)),
            Layering::OciBundle => self.by_size(most),
        }
    }

    /// The most popular have a layer each, and all others share the last one.
    fn by_popularity(&self, most: usize) -> Vec<BTreeSet<usize>> {
        let ways = self.popularity();
        let mut order: Vec<_> = (0..self.packages.len()).collect();
        order.sort_by_key(|index| (std::cmp::Reverse(ways[*index]), &self.packages[*index].name));
        let alone = (most - 2).min(order.len());
        let rest: BTreeSet<_> = order.split_off(alone).into_iter().collect();
        let alone = order.into_iter().map(|index| BTreeSet::from([index]));
        alone.chain((!rest.is_empty()).then_some(rest)).collect()
    }

    /// As the product does it.
    fn by_size(&self, most: usize) -> Result<Vec<BTreeSet<usize>>> {
        let names: Vec<_> =
            (0..self.packages.len()).map(|index| format!("/nix/store/{}", self.store_name(index))).collect();
        let places: BTreeMap<_, _> = names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
        let node = |(name, package): (&String, &Package)| Node {
            path: name.clone(),
            references: Vec::new(),
            size: package.size,
        };
        let graph: Vec<_> = names.iter().zip(&self.packages).map(node).collect();
        let store = StoreDir::new("/nix/store").map_err(anyhow::Error::msg)?;
        let closure = Closure::decode(&graph, &store)?;
        let groups = group(&closure, &Grouping { most: most - 1, explicit: Vec::new() });
        let place = |path: &std::path::PathBuf| {
            path.to_str().and_then(|path| places.get(path).copied()).context("a path that is not in the closure")
        };
        groups.iter().map(|(_, paths)| paths.iter().map(place).collect()).collect()
    }

    /// A name with a hash that is another one for each version.
    fn store_name(&self, index: usize) -> String {
        let Package { name, version, .. } = &self.packages[index];
        format!("{index:016}{version:016}-{name}")
    }

    /// The bytes of the layers that have not been sent yet.
    fn push(&self, layers: &[BTreeSet<usize>], sent: &mut BTreeSet<Vec<String>>) -> u64 {
        let mut bytes = 0;
        for layer in layers {
            if sent.insert(layer.iter().map(|index| self.store_name(*index)).collect()) {
                bytes += layer.iter().map(|index| self.packages[*index].size).sum::<u64>();
            }
        }
        bytes
    }
}

/// The bytes that so many edits of a kind send again, without the first push.
///
/// # Errors
/// A closure that is none.
pub fn sent_again(graph: &[Node], (edit, edits): (Edit, usize), layering: Layering, most: usize) -> Result<u64> {
    let (mut closure, mut sent) = (Changing::new(graph), BTreeSet::new());
    closure.push(&closure.layers(layering, most)?, &mut sent);
    let mut bytes = 0;
    for number in 0..edits {
        closure.edit(edit, number);
        bytes += closure.push(&closure.layers(layering, most)?, &mut sent);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that refers to two libraries, of which one refers to the other.
    fn graph() -> Vec<Node> {
        let path = |name: &str| format!("/nix/store/{}-{name}", "0".repeat(32));
        let node = |name: &str, references: &[&str], size| Node {
            path: path(name),
            references: references.iter().map(|name| path(name)).collect(),
            size,
        };
        vec![
            node("program", &["program", "big", "small"], 100),
            node("big", &["small"], 5 << 20),
            node("small", &[], 10),
        ]
    }

    #[test]
    fn what_is_reached_on_more_ways_is_more_popular() {
        assert_eq!(Changing::new(&graph()).popularity(), [1, 1, 2]);
        let layers = Changing::new(&graph()).by_popularity(3);
        assert_eq!(layers, [BTreeSet::from([2]), BTreeSet::from([0, 1])]);
    }

    #[test]
    fn a_layer_is_sent_again_as_a_whole() {
        let sent = |edit, layering, most| sent_again(&graph(), (edit, 2), layering, most).unwrap();
        // The program shares a layer with the large library, or with the small one.
        assert_eq!(sent(Edit::Program, Layering::Popularity, 3), 2 * (100 + (5 << 20)));
        assert_eq!(sent(Edit::Program, Layering::OciBundle, 3), 2 * (100 + 10));
        assert_eq!(sent(Edit::Program, Layering::Popularity, 100), 2 * 100);
    }

    #[test]
    fn all_that_refers_to_a_package_changes_with_it() {
        let closure = Changing::new(&graph());
        assert_eq!(closure.dependents(2), BTreeSet::from([0, 1, 2]));
        assert_eq!(closure.dependents(1), BTreeSet::from([0, 1]));
    }
}
