//! The builder's steps as its main function calls them, on what is known to be right. All that the benchmarks know of
//! the builder's library is in this file.

use std::collections::BTreeMap;
use std::path::Path;

use oci_bundle_builder::bundle::progress::Progress;
use oci_bundle_builder::container::Container;
use oci_bundle_builder::container::mount::{Destination, Mount};
use oci_bundle_builder::nix::closure::{Closure, Node};
use oci_bundle_builder::nix::store::StoreDir;
use oci_bundle_builder::rootfs::Facts;
use oci_bundle_builder::rootfs::tree::Tree;
use oci_bundle_builder::{bundle, config, rootfs};
use serde::Deserialize;
use serde_json::Value;

pub type Mounts = BTreeMap<Destination, Mount>;

pub struct Builder {
    store: StoreDir,
}

impl Builder {
    pub fn in_store(store: &Path) -> Self {
        Self { store: StoreDir::new(store.to_str().unwrap()).unwrap() }
    }

    pub fn container(&self, arguments: &Value) -> Container {
        Container::decode(arguments, "x86_64-linux").unwrap()
    }

    pub fn closure(&self, graph: &Value) -> Closure {
        Closure::decode(&Vec::<Node>::deserialize(graph).unwrap(), &self.store).unwrap()
    }
}

pub fn mounts(container: &Container, closure: &Closure) -> Mounts {
    config::mounts::of(container, closure)
}

pub fn document(container: &Container, closure: &Closure, mounts: &Mounts) -> Value {
    config::document(container, "benchmark", mounts, closure).unwrap()
}

pub fn plan<'c>(container: &Container, closure: &'c Closure, mounts: &Mounts, document: &Value) -> Tree<'c> {
    let facts = Facts::of(container, document, mounts).unwrap();
    rootfs::plan(container, closure, &facts).unwrap().0
}

pub fn write(out: &Path, rootfs: &Tree<'_>, container: &Container, document: &Value) {
    bundle::write(out.try_into().unwrap(), rootfs, container.store, document, &Progress::default()).unwrap();
}
