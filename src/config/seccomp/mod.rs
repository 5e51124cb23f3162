//! Which system calls a container may make (config-linux.md, "Seccomp").

mod architecture;
mod condition;
mod docker;
mod profile;
mod table;

use std::collections::BTreeSet;

use serde_json::Value;

use self::architecture::Architecture;
use self::condition::Target;
use self::profile::Profile;
use super::{places, version};
use crate::container::{Container, Seccomp};
use crate::field::{AttrPath, Field, Mistake};

/// The filter of a container.
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
    /// A [`Mistake`] in the argument `seccomp`.
    pub fn new(container: &Container) -> Result<Self, Mistake> {
        let given = match &container.seccomp {
            Seccomp::Default => Self::Default,
            Seccomp::Unfiltered => Self::Patched,
            Seccomp::Given(filter) => {
                let field = Field::at(AttrPath::default().attribute("seccomp"), filter);
                let target =
                    Target { architecture: Architecture::of_system(&container.system), capabilities: [].into() };
                Self::Given(Profile::decode(&field, &target, &place())?)
            }
        };
        // It is replaced as a whole: half of a filter is none.
        let is_patched = container.config["linux"].get("seccomp").is_some();
        Ok(if is_patched { Self::Patched } else { given })
    }

    /// Puts what the user gave into the document, for it to be checked there with all else.
    pub fn put_into(&self, document: &mut Value) {
        if let Self::Given(profile) = self {
            document["linux"]["seccomp"] = profile.document.clone();
        }
    }

    /// Puts in what holds for the capabilities of a document that is right.
    pub fn resolve(&self, document: &mut Value, system: &str) {
        if !document["linux"].is_object() {
            return;
        }
        let architecture = Architecture::of_system(system);
        let bounding = places::find(document, "process.capabilities.bounding[]");
        let capabilities: BTreeSet<_> = bounding.iter().filter_map(|name| name.value().as_str()).collect();
        let filter = match self {
            Self::Default => docker::filter(architecture, &capabilities),
            Self::Given(profile) => {
                let mut filter = document["linux"]["seccomp"].clone();
                profile.resolve(&mut filter, &Target { architecture, capabilities });
                filter
            }
            Self::Patched => return,
        };
        document["linux"]["seccomp"] = filter;
    }

    /// The mistake, where the user made it.
    pub fn explain(&self, mistake: Mistake) -> Mistake {
        match self {
            Self::Given(profile) => {
                profile.origins.iter().fold(mistake, |mistake, (copy, origin)| mistake.moved(copy, origin))
            }
            Self::Default | Self::Patched => mistake,
        }
    }
}

/// Where the filter is in a document.
fn place() -> AttrPath {
    places::root().attribute("linux").attribute("seccomp")
}

/// The mistake of a version that the default filter is too new for.
pub fn too_new(document: &Value) -> Mistake {
    let problem = format!(
        "found {}, want at least \"{}\", which Docker's default seccomp filter needs; or choose another filter, or none, \
         with the argument 'seccomp'",
        document["ociVersion"],
        version::lowest(document)
    );
    Mistake::new(&places::root().attribute("ociVersion"), problem)
}
