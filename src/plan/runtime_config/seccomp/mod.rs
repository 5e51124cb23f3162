//! Which system calls a container may make (config-linux.md, "Seccomp").

mod architecture;
mod condition;
mod docker;
mod profile;
mod table;

use std::collections::BTreeSet;

use self::architecture::Architecture;
use self::condition::Target;
use self::profile::Profile;
use super::{pattern, version};
use crate::plan::definition::{Definition, Seccomp};
use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};
use crate::plan::runtime_config::RuntimeConfig;

/// The filter of a definition.
pub enum Filter {
    /// Docker's default, for what the container is.
    Default,
    /// What the argument `seccomp` says.
    Given(Profile),
    /// None, or the one that the patch has.
    Patched,
}

impl Filter {
    /// The filter that a container asks for.
    ///
    /// # Errors
    /// An [`ArgumentError`] in the argument `seccomp`.
    pub fn new(definition: &Definition) -> Result<Self, ArgumentError> {
        let given = match &definition.seccomp {
            Seccomp::Default => Self::Default,
            Seccomp::Unfiltered => Self::Patched,
            Seccomp::Given(filter) => {
                let field = Field::at(AttrPath::default().attribute("seccomp"), filter);
                let target =
                    Target { architecture: Architecture::of_system(&definition.system), capabilities: [].into() };
                Self::Given(Profile::decode(&field, &target, &place())?)
            }
        };
        // It is replaced as a whole: half of a filter is none.
        let is_patched = definition.config["linux"].get("seccomp").is_some();
        Ok(if is_patched { Self::Patched } else { given })
    }

    /// Puts what the user gave into the config, for it to be checked there with all else.
    pub fn put_into(&self, config: &mut RuntimeConfig) {
        if let Self::Given(profile) = self {
            config.set_in("linux", "seccomp", profile.document.clone());
        }
    }

    /// Puts in what holds for the capabilities of a document that is right.
    pub fn resolve(&self, config: &mut RuntimeConfig, system: &str) {
        if !config["linux"].is_object() {
            return;
        }
        let architecture = Architecture::of_system(system);
        let bounding = config.find("process.capabilities.bounding[]");
        let capabilities: BTreeSet<_> = bounding.iter().filter_map(|name| name.value().as_str()).collect();
        let filter = match self {
            Self::Default => docker::filter(architecture, &capabilities),
            Self::Given(profile) => {
                let mut filter = config["linux"]["seccomp"].clone();
                profile.resolve(&mut filter, &Target { architecture, capabilities });
                filter
            }
            Self::Patched => return,
        };
        config.set_in("linux", "seccomp", filter);
    }

    /// The mistake, where the user made it.
    pub fn explain(&self, mistake: ArgumentError) -> ArgumentError {
        match self {
            Self::Given(profile) => {
                profile.origins.iter().fold(mistake, |mistake, (copy, origin)| mistake.moved(copy, origin))
            }
            Self::Default | Self::Patched => mistake,
        }
    }
}

/// Where the filter is in a config.
fn place() -> AttrPath {
    pattern::root().attribute("linux").attribute("seccomp")
}

/// The mistake of a version that the default filter is too new for.
pub fn too_new(config: &RuntimeConfig) -> ArgumentError {
    let problem = format!(
        "found {}, want at least \"{}\", which Docker's default seccomp filter needs; or choose another filter, or none, \
         with the argument 'seccomp'",
        config["ociVersion"],
        version::lowest(config)
    );
    ArgumentError::new(&pattern::root().attribute("ociVersion"), problem)
}
