//! The runtime configuration `config.json` (OCI runtime spec, config.md).

mod defaults;
mod devices;
mod document;
mod mounts;
pub mod namespace_mounts;
mod pattern;
pub mod schema;
mod seccomp;
mod unset;
mod unsigned;
pub mod validate;
mod version;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

pub use self::document::RuntimeConfig;
pub use self::mounts::planned_mounts;
use self::seccomp::Filter;
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::init::Init;
use crate::plan::definition::process::{self, LONGEST_HOSTNAME};
use crate::plan::definition::user::User;
use crate::plan::definition::{Definition, Store};
use crate::plan::derivation::closure::Closure;
use crate::plan::diagnostics::{ArgumentError, AttrPath};
use crate::plan::mounts::Mounts;
use crate::plan::process_context::{Device, ProcessContext};

impl RuntimeConfig {
    /// The configuration of a container of this `name` with these `mounts`.
    ///
    /// The mounts stand in the order of their destinations: a runtime mounts them in the order listed, so a parent has to
    /// come before its children (config.md, "Mounts").
    ///
    /// # Errors
    /// An [`ArgumentError`] in the arguments `config` and `seccomp`; what of the closure cannot be looked at.
    pub fn new(name: &str, definition: &Definition, mounts: &Mounts, closure: &Closure) -> Result<Self> {
        let filter = Filter::new(definition)?;
        let mut config = Self::from(json!({
            "hostname": definition.hostname.as_deref().unwrap_or(hostname(name)),
            "root": { "path": "rootfs", "readonly": definition.readonly },
            "process": process(definition, closure),
            "mounts": mounts::document(mounts, definition.store, closure)?,
            "linux": linux(definition),
        }));
        filter.put_into(&mut config);
        config.merge(&definition.config);
        config.set_environment(definition);
        unsigned::normalize(&mut config);
        devices::normalize(&mut config);
        unset::drop_unset(&mut config);
        let asked = config.get("ociVersion").is_some();
        if !asked {
            config.set("ociVersion", version::lowest(&config).into());
        }
        validate::check(&config).map_err(|error| filter.explain(error))?;
        if !mounts.is_empty() || definition.store == Store::Mount {
            validate::namespaces::hold_mounts(&config)?;
        }
        filter.resolve(&mut config, &definition.system);
        if asked {
            // What the user gave was checked above: here it is about the default filter.
            version::check(&config).map_err(|_| seccomp::too_new(&config))?;
        } else {
            config.set("ociVersion", version::lowest(&config).into());
        }
        config.start_with_init(definition);
        Ok(config)
    }

    /// Puts the init in front of the program. Until here, the places of arguments are those that the user knows.
    fn start_with_init(&mut self, definition: &Definition) {
        let words = definition.run.init.iter().flat_map(Init::words).map(Value::from);
        if let Some(args) = self.find_mut("process.args").into_iter().find_map(Value::as_array_mut) {
            args.splice(..0, words);
        }
    }

    /// Replaces the mounts. With a store that is not copied there may be thousands, and none of those can be wrong, so they are
    /// not there when the configuration is validated.
    ///
    /// # Errors
    /// A source in the closure that cannot be looked at.
    pub fn set_mounts(&mut self, mounts: &Mounts, store: Store, closure: &Closure) -> Result<()> {
        self.set("mounts", mounts::document(mounts, store, closure)?.into());
        Ok(())
    }

    /// What the root filesystem has to agree with. `user` has the names that the configuration has no place for.
    ///
    /// # Errors
    /// An [`ArgumentError`] in a path.
    pub fn process_context(&self, user: &User) -> Result<ProcessContext, ArgumentError> {
        // What does not fit into a line of hosts(5) would make others of it.
        let fits = |name: &&str| !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#');
        Ok(ProcessContext {
            user: user.with_ids(&self["process"]["user"]),
            cwd: self.cwd()?,
            hostname: self["hostname"].as_str().filter(fits).map(str::to_owned),
            devices: self.devices()?,
        })
    }

    /// Where the process starts.
    fn cwd(&self) -> Result<ContainerPath, ArgumentError> {
        let asked = self.find("process.cwd").first().map(process::decode_cwd);
        asked.unwrap_or(Ok(ContainerPath::root()))
    }

    /// The devices that a runtime makes; `None` where it makes none, as the mounts are not the container's own.
    fn devices(&self) -> Result<Option<Vec<Device>>, ArgumentError> {
        if validate::namespaces::hold_mounts(self).is_err() {
            return Ok(None);
        }
        let fields = self.find("linux.devices[].path").into_iter();
        let devices = fields.map(|field| {
            let path = ContainerPath::parse(field.string()?, "a device's path");
            let path = path.map_err(|reason| ArgumentError::new(field.path(), reason))?;
            Ok(Device { attribute: field.path().clone(), path })
        });
        devices.collect::<Result<_, _>>().map(Some)
    }

    /// Sets the environment, unless the patch has one: HOME is that of whoever the patch made the user.
    fn set_environment(&mut self, definition: &Definition) {
        let is_patched = definition.config["process"].get("env").is_some();
        let home = definition.user.with_ids(&self["process"]["user"]).home().to_string();
        if let Some(process) = self.get_mut("process").and_then(Value::as_object_mut).filter(|_| !is_patched) {
            process.insert("env".to_owned(), environment(definition, &home));
        }
    }
}

/// Where the user wrote the program that the configuration has.
pub fn attribute_of_program(definition: &Definition) -> AttrPath {
    let patched = definition.config["process"].get("args").is_some();
    let parent = if patched { pattern::root().attribute("process") } else { AttrPath::default() };
    parent.attribute("args").element(0)
}

/// The process without its environment, which depends on what the patch makes of the user.
fn process(definition: &Definition, closure: &Closure) -> Value {
    let mut process = defaults::privileges(definition, defaults::open_files(definition, closure));
    process["args"] = json!(definition.args);
    process["cwd"] = json!(definition.cwd.to_string());
    process["terminal"] = json!(definition.terminal);
    process["user"] = definition.user.document();
    process
}

/// The defaults, with the limits that are asked for.
fn linux(definition: &Definition) -> Value {
    let mut linux = defaults::linux(definition.run.network);
    for (name, limit) in definition.limits.resources() {
        linux["resources"][name] = limit;
    }
    linux
}

fn environment(definition: &Definition, home: &str) -> Value {
    let mut environment = BTreeMap::from([("PATH", Some(defaults::PATH))]);
    if definition.base_files {
        environment.insert("HOME", Some(home));
    }
    environment.extend(definition.env.iter().map(|(name, value)| (name.as_str(), value.as_deref())));
    environment.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect()
}

/// Store path names are ASCII, so any byte is a place to cut.
fn hostname(name: &str) -> &str {
    name.get(..LONGEST_HOSTNAME).unwrap_or(name)
}

#[cfg(test)]
mod tests;
