//! What a user wants of a container beyond what its config.json says.

use std::str::FromStr;

use crate::container::mount::Destination;

/// Changes to config.json.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The arguments after the program; none keeps those of the bundle.
    pub args: Vec<String>,
    /// A program in the place of the bundle's, with no arguments but `args`.
    pub program: Option<String>,
    /// Variables to add or replace.
    pub env: Vec<Variable>,
    /// Directories and files of the host to mount.
    pub volumes: Vec<Volume>,
    /// The user and group to run as.
    pub user: Option<(u32, u32)>,
    /// The terminal that the process gets, if it gets one.
    pub terminal: Option<Terminal>,
}

/// A terminal's size, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its lines.
    pub height: u16,
    /// The characters of a line.
    pub width: u16,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            _ => Err("want NAME=VALUE".to_owned()),
        }
    }
}

/// A bind mount: `SOURCE:DESTINATION`, and `:ro` if it is to be read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// An absolute path of the host.
    pub source: String,
    /// Where it is in the container.
    pub destination: Destination,
    /// Whether it cannot be written to.
    pub readonly: bool,
}

impl FromStr for Volume {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let (Some(source), Some(destination), option, None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro".to_owned());
        };
        let readonly = match option {
            None | Some("rw") => false,
            Some("ro") => true,
            Some(other) => return Err(format!("found the option '{other}', want ro or rw")),
        };
        if !source.starts_with('/') {
            return Err(format!("found the source '{source}', want an absolute path"));
        }
        Ok(Self { source: source.to_owned(), destination: Destination::parse(destination)?, readonly })
    }
}
