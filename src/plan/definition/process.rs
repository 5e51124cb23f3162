//! The arguments about the container's process (OCI runtime spec, config.md, "Process").

use std::collections::BTreeMap;

use crate::plan::definition::container_path::ContainerPath;
use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};

/// What the process finds in its environment, by name; `None` leaves a default out.
pub type Environment = BTreeMap<String, Option<String>>;

/// Decodes the argument `env`: an attribute set, or a list of `NAME=value`.
///
/// # Errors
/// An [`ArgumentError`] at the variable that is wrong.
pub fn decode_environment(field: &Field<'_>) -> Result<Environment, ArgumentError> {
    let mut environment = Environment::new();
    if let Ok(list) = field.list() {
        for entry in list {
            let text = entry.string()?;
            check_length(entry.path(), text.len())?;
            let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                return Err(entry.unwanted("\"NAME=value\""));
            };
            if environment.insert(name.to_owned(), Some(value.to_owned())).is_some() {
                return Err(ArgumentError::new(entry.path(), format!("{name} is set twice; leave one of them out")));
            }
        }
        return Ok(environment);
    }
    let attributes =
        field.attributes().map_err(|_| field.unwanted("an attribute set of strings, or a list of \"NAME=value\""))?;
    for (name, value) in attributes {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(ArgumentError::new(value.path(), "the name of a variable must not be empty or contain '='"));
        }
        let text = if value.is_null() { None } else { Some(value.string()?.to_owned()) };
        check_length(value.path(), name.len() + 1 + text.as_ref().map_or(0, String::len))?;
        environment.insert(name.to_owned(), text);
    }
    Ok(environment)
}

/// Checks the length of an argument or a variable, in bytes.
///
/// # Errors
/// An [`ArgumentError`] if Linux does not hand it on to a program (`MAX_ARG_STRLEN`, execve(2); a NUL is at the end).
pub fn check_length(path: &AttrPath, length: usize) -> Result<(), ArgumentError> {
    const MOST: usize = (128 << 10) - 1;
    if length > MOST {
        let problem =
            format!("found a string of {length} bytes, want at most {MOST}, the longest that Linux passes on");
        return Err(ArgumentError::new(path, problem));
    }
    Ok(())
}

/// Decodes the argument `cwd`.
///
/// # Errors
/// An [`ArgumentError`] if it is not absolute, or below /proc, where it could lead out of the container (`/proc/self/fd/N`).
pub fn decode_cwd(field: &Field<'_>) -> Result<ContainerPath, ArgumentError> {
    let cwd = ContainerPath::parse(field.string()?, "the working directory");
    let cwd = cwd.map_err(|reason| ArgumentError::new(field.path(), reason))?;
    if cwd.is_below(&ContainerPath::from_valid("/proc")) {
        return Err(field.unwanted("a directory that is not below /proc"));
    }
    Ok(cwd)
}

/// The longest host name that Linux takes (sethostname(2)), in bytes.
pub const LONGEST_HOSTNAME: usize = 64;

/// Decodes the argument `hostname`.
///
/// # Errors
/// An [`ArgumentError`] if Linux would not take it.
pub fn decode_hostname(field: &Field<'_>) -> Result<String, ArgumentError> {
    let name = field.string()?;
    if name.is_empty() || name.len() > LONGEST_HOSTNAME {
        return Err(field.unwanted(&format!("a name of 1 to {LONGEST_HOSTNAME} bytes")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests;
