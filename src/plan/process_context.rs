//! What config.json says that the root filesystem has to agree with.

use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::user::User;
use crate::plan::diagnostics::AttrPath;

/// Who the process is, and where it starts.
#[derive(Clone, Debug)]
pub struct ProcessContext {
    /// Who the process runs as.
    pub user: User,
    /// Where the process starts.
    pub cwd: ContainerPath,
    /// The host's name, if it fits into a line of hosts(5).
    pub hostname: Option<String>,
    /// The devices that are asked for; `None` where the runtime makes none, as there is no mount namespace to make them in.
    pub devices: Option<Vec<Device>>,
}

/// A device that a runtime makes.
#[derive(Clone, Debug)]
pub struct Device {
    /// Where the user asked for it.
    pub attribute: AttrPath,
    /// Where it will be.
    pub path: ContainerPath,
}
