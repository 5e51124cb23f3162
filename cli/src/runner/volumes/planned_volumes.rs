//! The volumes that a container gets, decided before anything is changed.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use camino::Utf8PathBuf;
use oci_bundle_builder::plan::definition::mount::Destination;
use oci_bundle_builder::plan::definition::named_volume::VolumeName;

use super::volumes_dir::DATA;
use crate::runner::overrides::{Overrides, add_bind};
use crate::runner::owned_files::Owner;
use crate::runner::run_settings::run_settings;
use crate::runner::runtime_config::{Mount, RuntimeConfig};

/// Who asks for volumes beside the bundle.
#[derive(Clone, Copy, Debug)]
pub struct AskedVolumes<'a> {
    /// The options of the command line.
    pub overrides: &'a Overrides,
    /// What the names of the bundle's own begin with.
    pub container: &'a str,
}

/// The volumes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedVolumes {
    /// Where they are, each a directory of its name.
    pub directory: Utf8PathBuf,
    /// The volume at each destination.
    pub names: BTreeMap<String, VolumeName>,
    /// The container's user, as this process knows it: whose a new volume is.
    pub user: Owner,
    /// The container's root, likewise: whose are the files that a new volume has at first.
    pub root: Owner,
}

impl PlannedVolumes {
    /// Mounts them in the document. `directory` tells where they are, if there are any.
    ///
    /// # Errors
    /// Two that would be one, or in one place; or nobody knows where they are.
    pub fn add(
        config: &mut RuntimeConfig,
        asked: AskedVolumes<'_>,
        directory: impl FnOnce() -> Result<Utf8PathBuf>,
    ) -> Result<Self> {
        let options = &asked.overrides.named_volumes;
        let mut all = asked.of_bundle(config)?;
        for (index, option) in options.iter().enumerate() {
            let destination = &option.destination;
            let is_taken = options[..index].iter().any(|other| other.destination == *destination)
                || asked.overrides.volumes.iter().any(|mount| mount.destination == *destination);
            if is_taken {
                bail!("--volume: something else is mounted at '{destination}', too; leave one of the options out");
            }
            all.push((option.name.clone(), destination.clone(), option.readonly));
        }
        if all.is_empty() {
            return Ok(Self::default());
        }
        let mut planned = Self { directory: directory()?, ..Self::default() };
        for (name, destination, readonly) in all {
            let source = planned.source(&name);
            add_bind(config, &destination, source.as_str(), readonly)?;
            planned.names.insert(destination.to_string(), name);
        }
        Ok(planned)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What of a volume containers see.
    fn source(&self, name: &VolumeName) -> Utf8PathBuf {
        self.directory.join(name.as_str()).join(DATA)
    }

    /// The volume that is mounted, if it is one.
    pub fn find(&self, mount: &Mount<'_>) -> Option<&VolumeName> {
        self.names.get(mount.destination).filter(|name| self.source(name) == mount.source)
    }
}

impl AskedVolumes<'_> {
    /// Those that the bundle asks for, but for those in whose place the command line has something else.
    fn of_bundle(self, config: &RuntimeConfig) -> Result<Vec<(VolumeName, Destination, bool)>> {
        let mut found: Vec<(VolumeName, Destination, bool)> = Vec::new();
        for volume in run_settings(config)?.volumes {
            let wrong = |problem: String| anyhow!("volumes: '{volume}': {problem}");
            let misnamed =
                |problem: String| wrong(format!("{problem}; give it another with --volume NAME:{}", volume.path));
            let destination = Destination::parse(volume.path.as_path().as_str()).map_err(wrong)?;
            let is_replaced = self.overrides.volumes.iter().any(|mount| mount.destination == destination)
                || self.overrides.named_volumes.iter().any(|option| option.destination == destination)
                || found.iter().any(|(_, other, _)| *other == destination);
            if is_replaced {
                continue;
            }
            let name = volume.name_in(self.container).map_err(misnamed)?;
            if let Some((_, other, _)) = found.iter().find(|(other, ..)| *other == name) {
                return Err(misnamed(format!("its name would be '{name}', as that of the volume at '{other}'")));
            }
            found.push((name, destination, false));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
