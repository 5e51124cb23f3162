//! An init of the host, which is mounted into a container.

use std::fs::File;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::definition::init::Init;
use oci_bundle_builder::plan::definition::run_settings::{ANNOTATION, RunSettings};
use oci_bundle_builder::plan::preflight::elf;
use serde_json::{Value, json};

use crate::runner::files::{SearchPath, find_executable};
use crate::runner::runtime_config::{Mount, RuntimeConfig};

/// Looked for in this order: Podman's, Debian's tini, and Docker's.
const KNOWN: [&str; 3] = ["catatonit", "tini-static", "docker-init"];

/// Where it is in a container whose `/dev` is a file system of its own: the runtime makes the mount point there, so the root file
/// system needs none.
const IN_DEV: &str = "/dev/oci-bundle-init";

/// Where it is in any other.
const IN_ROOT: &str = "/.oci-bundle-init";

/// An init that needs no file but itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostInit(Utf8PathBuf);

impl HostInit {
    /// The init that was asked for, or the first on PATH of those known.
    ///
    /// # Errors
    /// There is none; says what was looked for.
    pub fn find(asked: Option<&Utf8Path>, search_path: &SearchPath) -> Result<Self> {
        // A variable that is empty says nothing.
        if let Some(asked) = asked.filter(|asked| !asked.as_str().is_empty()) {
            let is_path = asked.as_str().contains('/');
            let found = if is_path { find_executable(asked) } else { search_path.find(asked.as_str()) };
            let Some(program) = found else { bail!("no init '{asked}'; OCI_INIT takes a path, or a name on PATH") };
            return Self::new(program);
        }
        let mut found = KNOWN.iter().filter_map(|name| search_path.find(name)).map(Self::new);
        let first = found.next().with_context(|| {
            format!("no init: {} are not on PATH; install catatonit, or name one with OCI_INIT", KNOWN.join(", "))
        })?;
        // What the first one lacks another may have.
        first.or_else(|error| found.find_map(Result::ok).ok_or(error))
    }

    /// Takes a program that Linux starts in any container.
    fn new(program: Utf8PathBuf) -> Result<Self> {
        let file = File::open(&program).with_context(|| format!("opening the init '{program}'"))?;
        let want = "want a static program, such as catatonit";
        match elf::parse(file) {
            Ok(elf::Program { interpreter: None, .. }) => Ok(Self(program)),
            Ok(elf::Program { interpreter: Some(loader), .. }) => {
                bail!("the init '{program}' asks for '{loader}', which the container may not have; {want}")
            }
            Err(reason) => bail!("the init '{program}' {reason}; {want}"),
        }
    }

    /// Mounts it, and puts it in front of the program.
    ///
    /// # Errors
    /// A document without what every bundle has.
    pub fn put_into(&self, config: &mut RuntimeConfig) -> Result<()> {
        let init = Init::at(mount_point(config));
        let args = config.process_mut().and_then(|process| process.get_mut("args")).and_then(Value::as_array_mut);
        args.context("config.json has no 'process.args'")?.splice(..0, init.words().map(Value::from));
        if config["mounts"].is_null() {
            config["mounts"] = json!([]);
        }
        // Behind the others, so that it is on top of them.
        config.mounts_mut().context("config.json: 'mounts' is not a list")?.push(json!({
            "destination": init.path(), "type": "bind", "source": self.0, "options": ["bind", "ro", "nosuid", "nodev"],
        }));
        annotate(config, init)
    }
}

/// Says which words are the init's, to who starts another process of the container.
fn annotate(config: &mut RuntimeConfig, init: Init) -> Result<()> {
    let text = config["annotations"][ANNOTATION].as_str();
    let settings = text.map_or_else(|| Ok(RunSettings::default()), RunSettings::from_annotation)?;
    let settings = RunSettings { init: Some(init), ..settings };
    if config["annotations"].is_null() {
        config["annotations"] = json!({});
    }
    let annotations = config["annotations"].as_object_mut().context("config.json: 'annotations' is not an object")?;
    annotations.insert(ANNOTATION.to_owned(), json!(settings.annotation()));
    Ok(())
}

/// A place where the runtime can make a file: in no mount of the host's, which it would appear in.
fn mount_point(config: &RuntimeConfig) -> &'static str {
    let is_above = |mount: &Mount<'_>| mount.place().is_some_and(|place| Utf8Path::new(IN_DEV).starts_with(place));
    let mounts = config.mounts();
    let top = mounts.iter().rfind(|mount| is_above(mount));
    let is_own = |mount: &Mount<'_>| mount.kind() == "tmpfs" && !mount.is_bind() && !mount.is_read_only();
    if top.is_some_and(is_own) { IN_DEV } else { IN_ROOT }
}

#[cfg(test)]
mod tests;
