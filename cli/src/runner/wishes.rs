//! What a user wants of a container beyond what its config.json says.

use super::accounts::UserOption;
use super::environment::Variable;
use super::users::KeepId;
use super::volume::Volume;

/// Changes to config.json.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The arguments after the program; none keeps those of the bundle.
    pub args: Vec<String>,
    /// A program in the place of the bundle's, with no arguments but `args`.
    pub program: Option<String>,
    /// Variables to add or replace, or to remove where they have no value.
    pub env: Vec<Variable>,
    /// Directories and files of the host to mount.
    pub volumes: Vec<Volume>,
    /// The user and group to run as.
    pub user: Option<UserOption>,
    /// The ids of the container that the caller's own become.
    pub userns: Option<KeepId>,
    /// The terminal that the process gets, if it gets one.
    pub terminal: Option<Terminal>,
}

/// A terminal's size, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its lines.
    pub height: u16,
    /// The characters of a line.
    pub width: u16,
    /// Its type, as the caller's variable `TERM` has it.
    pub kind: Option<String>,
}
