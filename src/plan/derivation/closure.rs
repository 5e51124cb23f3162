//! The closure: every store path that the container needs (Nix manual, "Closure").

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::plan::derivation::store::{self, StoreDir, StorePath};

/// Store paths that refer to no store path outside the closure, and the store that has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    store_dir: StoreDir,
    paths: Vec<StorePath>,
    sizes: Vec<u64>,
    roots: Vec<StorePath>,
}

impl Closure {
    /// Decodes the reference graph.
    ///
    /// # Errors
    /// A graph that is not one, or that leaves something out.
    pub fn decode(graph: &[Node], store_dir: &StoreDir) -> Result<Self, GraphError> {
        let parse = |path: &str| {
            store::parse(store_dir, path).map_err(|reason| GraphError::NotAStorePath { path: path.to_owned(), reason })
        };
        let mut sizes = BTreeMap::new();
        for node in graph {
            if sizes.insert(parse(&node.path)?, node.size).is_some() {
                return Err(GraphError::Twice { path: node.path.clone() });
            }
        }
        // There are many times more references than store paths, and these have been parsed.
        let known: HashSet<&str> = graph.iter().map(|node| node.path.as_str()).collect();
        for node in graph {
            if let Some(missing) = node.references.iter().find(|path| !known.contains(path.as_str())) {
                parse(missing)?;
                return Err(GraphError::Incomplete { path: node.path.clone(), missing: missing.clone() });
            }
        }
        let others = |node: &'_ Node, path: &String| node.path != *path;
        let referenced: HashSet<&str> = graph
            .iter()
            .flat_map(|node| node.references.iter().filter(move |path| others(node, path)))
            .map(String::as_str)
            .collect();
        let roots = graph.iter().filter(|node| !referenced.contains(node.path.as_str()));
        let mut roots = roots.map(|node| parse(&node.path)).collect::<Result<Vec<_>, _>>()?;
        roots.sort_unstable();
        let (paths, sizes) = sizes.into_iter().unzip();
        Ok(Self { store_dir: store_dir.clone(), paths, sizes, roots })
    }

    /// Whether `path` is one of the store paths or something in one.
    pub fn has(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(self.store_dir.to_path()) else { return false };
        let mut names = inside.components();
        let store_path = names.next().and_then(|name| name.as_os_str().to_str()?.parse().ok());
        store_path.is_some_and(|store_path| self.paths.binary_search(&store_path).is_ok())
            && names.all(|name| matches!(name, Component::Normal(_)))
    }

    /// The store paths, sorted.
    pub fn paths(&self) -> &[StorePath] {
        &self.paths
    }

    /// The store paths that no other one refers to, sorted: who keeps these, keeps all.
    pub fn roots(&self) -> &[StorePath] {
        &self.roots
    }

    /// How many bytes each store path takes as an archive, in the order of [`Closure::paths`]; 0 if Nix does not say.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// Where the store paths are, in the order of [`Closure::paths`].
    pub fn directories(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.paths.iter().map(|path| self.store_dir.to_path().join(path.to_string()))
    }

    /// The store.
    pub fn store_dir(&self) -> &StoreDir {
        &self.store_dir
    }
}

/// One store path of the reference graph, as Nix writes it for `exportReferencesGraph` into the structured attributes.
/// Nix gives more about it, such as its hash; only this is needed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Node {
    /// The store path.
    pub path: String,
    /// The store paths that it refers to.
    pub references: Vec<String>,
    /// How many bytes it takes as an archive; 0 if Nix does not say.
    #[serde(default, rename = "narSize")]
    pub size: u64,
}

/// What is wrong with a reference graph. Nix writes it, so the user can only build again or report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// A name that is not a store path.
    NotAStorePath {
        /// As it stands in the graph.
        path: String,
        /// Why it is none.
        reason: String,
    },
    /// A store path that the graph has twice.
    Twice {
        /// The store path.
        path: String,
    },
    /// A reference that the graph has no entry for.
    Incomplete {
        /// The store path that refers to it.
        path: String,
        /// The reference.
        missing: String,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reference graph from Nix ")?;
        match self {
            Self::NotAStorePath { path, reason } => write!(f, "names '{path}', which {reason}"),
            Self::Twice { path } => write!(f, "names '{path}' twice"),
            Self::Incomplete { path, missing } => write!(
                f,
                "is incomplete: '{path}' refers to '{missing}', which is not in it; \
                 'nix-store --verify --repair' mends a store whose database is damaged"
            ),
        }
    }
}

impl std::error::Error for GraphError {}

#[cfg(test)]
mod tests;
