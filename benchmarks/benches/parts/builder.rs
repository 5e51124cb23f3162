//! The builder's steps as its main function calls them, on what is known to be right. All that the benchmarks know of
//! the builder's library is in this file.

use std::path::Path;

use oci_bundle_builder::bundle;
use oci_bundle_builder::bundle::progress::Progress;
use oci_bundle_builder::plan::ContainerPlan;
use oci_bundle_builder::plan::definition::Definition;
use oci_bundle_builder::plan::derivation::closure::{Closure, Node};
use oci_bundle_builder::plan::derivation::store::StoreDir;
use oci_bundle_builder::plan::rootfs::{self, Rootfs};
use oci_bundle_builder::plan::runtime_config::{RuntimeConfig, planned_mounts};
use serde::Deserialize;
use serde_json::Value;

const NAME: &str = "benchmark";

pub struct Builder {
    store: StoreDir,
}

impl Builder {
    pub fn in_store(store: &Path) -> Self {
        Self { store: StoreDir::new(store.to_str().unwrap()).unwrap() }
    }

    pub fn definition(&self, arguments: &Value) -> Definition {
        Definition::decode(arguments, "x86_64-linux").unwrap()
    }

    pub fn closure(&self, graph: &Value) -> Closure {
        Closure::decode(&Vec::<Node>::deserialize(graph).unwrap(), &self.store).unwrap()
    }
}

pub fn config(definition: &Definition, closure: &Closure) -> RuntimeConfig {
    RuntimeConfig::new(NAME, definition, &planned_mounts(definition, closure), closure).unwrap()
}

pub fn rootfs<'c>(definition: &Definition, closure: &'c Closure, config: &RuntimeConfig) -> Rootfs<'c> {
    let context = config.process_context(&definition.user).unwrap();
    rootfs::plan(definition, closure, &planned_mounts(definition, closure), &context).unwrap()
}

pub fn plan<'c>(definition: &Definition, closure: &'c Closure) -> ContainerPlan<'c> {
    ContainerPlan::new(NAME, definition, closure).unwrap()
}

pub fn write(plan: &ContainerPlan<'_>, out: &Path) {
    bundle::write(plan, out.try_into().unwrap(), &Progress::default()).unwrap();
}
