//! The value of a config.json. Any tool may have made it, so a field may be missing or of any type.

use std::ops::{Index, IndexMut};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::runtime_config::validate::id_maps;
use serde_json::{Map, Value, json};

use super::lists::{elements, strings};
use super::mount::Mount;

/// The runtime configuration of a container (runtime-spec, config.md).
///
/// A method that reads a field takes one of another type for a missing one: the runtime refuses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeConfig(Value);

impl RuntimeConfig {
    /// The whole of it.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The whole of it, to be changed.
    pub fn as_value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// Where the root file system is: `root.path`.
    pub fn root_path(&self) -> &str {
        self["root"]["path"].as_str().unwrap_or("rootfs")
    }

    /// Whether the root file system is `readonly`.
    pub fn is_root_read_only(&self) -> bool {
        self["root"]["readonly"] == true
    }

    /// The working directory of the process.
    pub fn cwd(&self) -> &str {
        self["process"]["cwd"].as_str().unwrap_or("/")
    }

    /// The capabilities of all sets, each with the name of its set.
    pub fn capabilities(&self) -> impl Iterator<Item = (&str, &str)> {
        let sets = self["process"]["capabilities"].as_object().into_iter().flatten();
        sets.flat_map(|(set, names)| strings(names).map(|name| (set.as_str(), name)))
    }

    /// Whether any set has this capability.
    pub fn has_capability(&self, capability: &str) -> bool {
        self.capabilities().any(|(_, name)| name == capability)
    }

    /// The mounts, in their order.
    pub fn mounts(&self) -> Vec<Mount<'_>> {
        elements(&self["mounts"]).enumerate().map(|(index, entry)| Mount::new(index, entry)).collect()
    }

    /// The place of a mount that a path is on or below, if there is one.
    pub fn mount_above(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.mounts().iter().filter_map(Mount::place).find(|place| path.starts_with(place))
    }

    /// The list of mounts, to be changed.
    pub fn mounts_mut(&mut self) -> Option<&mut Vec<Value>> {
        self.0.get_mut("mounts").and_then(Value::as_array_mut)
    }

    /// The options of a mount, to be changed. They are made a list if they are none.
    pub fn mount_options_mut(&mut self, index: usize) -> Option<&mut Vec<Value>> {
        let mount = self.mounts_mut()?.get_mut(index)?.as_object_mut()?;
        let options = mount.entry("options").or_insert(json!([]));
        if !options.is_array() {
            *options = json!([]);
        }
        options.as_array_mut()
    }

    /// The devices beside the usual ones.
    pub fn devices(&self) -> impl Iterator<Item = &Value> {
        elements(&self["linux"]["devices"])
    }

    /// The namespaces that the container gets or joins.
    pub fn namespaces(&self) -> impl Iterator<Item = &Value> {
        elements(&self["linux"]["namespaces"])
    }

    /// Whether the container sees no other processes than its own: it gets a pid namespace.
    pub fn has_own_processes(&self) -> bool {
        self.namespaces().any(|namespace| namespace["type"] == "pid" && namespace.get("path").is_none())
    }

    /// Whether one of them is a user namespace.
    pub fn has_user_namespace(&self) -> bool {
        id_maps::has_user_namespace(&self.0)
    }

    /// Adds a hook before those that the bundle has for the same point, which see what it does.
    ///
    /// # Errors
    /// Hooks that are none.
    pub fn add_first_hook(&mut self, point: &str, hook: Value) -> Result<()> {
        if self["hooks"].is_null() {
            self["hooks"] = json!({});
        }
        let hooks = self["hooks"].as_object_mut().context("config.json: 'hooks' is not an object")?;
        let of_point = hooks.entry(point).or_insert(json!([])).as_array_mut();
        of_point.with_context(|| format!("config.json: 'hooks.{point}' is not a list"))?.insert(0, hook);
        Ok(())
    }

    /// The object `process`, to be changed.
    pub fn process_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.0.get_mut("process").and_then(Value::as_object_mut)
    }

    /// The object `linux`, to be changed.
    pub fn linux_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.0.get_mut("linux").and_then(Value::as_object_mut)
    }

    /// The object `linux.resources`, to be changed.
    pub fn resources_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.linux_mut()?.get_mut("resources").and_then(Value::as_object_mut)
    }
}

impl From<Value> for RuntimeConfig {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Index<&str> for RuntimeConfig {
    type Output = Value;

    /// A field; null if it is missing.
    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

impl IndexMut<&str> for RuntimeConfig {
    fn index_mut(&mut self, field: &str) -> &mut Value {
        &mut self.0[field]
    }
}

#[cfg(test)]
impl PartialEq<Value> for RuntimeConfig {
    fn eq(&self, other: &Value) -> bool {
        self.0 == *other
    }
}
