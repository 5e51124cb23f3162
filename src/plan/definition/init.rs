//! The argument `init`: the container's first process, which starts the program, hands signals on to it, and reaps what it leaves.
//!
//! Linux drops a signal to process 1 of a pid namespace that this has no handler for (`pid_namespaces(7)`). Few programs have one
//! for SIGTERM and SIGINT, as everywhere else these end them anyway.

use crate::plan::definition::process;
use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};

/// What is between an init's own words and the program: catatonit, tini and dumb-init take it for the end of their options.
const END_OF_OPTIONS: &str = "--";

/// An init, as an absolute path of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init(String);

impl Init {
    /// One at a path that is known to be absolute.
    pub fn at(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// Decodes it. The user may write `true`, and Nix puts a path in its place (nix/lib/internal/init.nix).
    ///
    /// # Errors
    /// An [`ArgumentError`] if it is no such path.
    pub fn decode(field: &Field<'_>) -> Result<Option<Self>, ArgumentError> {
        if field.value() == false {
            return Ok(None);
        }
        let path = if field.is_string() { field.string()? } else { "" };
        if !path.starts_with('/') {
            return Err(field.unwanted("the absolute path of an init, such as \"${pkgs.tini}/bin/tini\""));
        }
        process::check_length(field.path(), path.len())?;
        Ok(Some(Self(path.to_owned())))
    }

    /// Where the user writes it.
    pub fn attribute() -> AttrPath {
        AttrPath::default().attribute("init")
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.0
    }

    /// What stands in front of the program and its arguments.
    pub fn words(&self) -> [&str; 2] {
        [&self.0, END_OF_OPTIONS]
    }
}
