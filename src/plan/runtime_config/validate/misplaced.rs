//! Where a field belongs that the spec does not have in its place.

use crate::plan::definition::ARGUMENTS;
use crate::plan::diagnostics::nearest;
use crate::plan::runtime_config::pattern;
use crate::plan::runtime_config::schema::{self, Place};

/// Fields of other formats: Docker's and Podman's files for seccomp, which are written for several architectures.
const FOREIGN: [&str; 8] = [
    "linux.seccomp.archMap",
    "linux.seccomp.syscalls[].comment",
    "linux.seccomp.syscalls[].errno",
    "linux.seccomp.syscalls[].excludes",
    "linux.seccomp.syscalls[].includes",
    "linux.seccomp.syscalls[].name",
    "linux.seccomp.syscalls[].minKernel",
    "linux.seccomp.defaultErrno",
];

/// Parts of the spec that a container for Linux has not.
const OTHER_PLATFORMS: [&str; 5] = ["windows.", "solaris.", "vm.", "zos.", "freebsd."];

/// The most places that are worth naming.
const MOST: usize = 3;

/// What to say of the field `name` of this object: where it belongs, what it is misspelt for, or what there is.
pub fn hint(name: &str, object: &Place) -> String {
    let parent = object.path;
    let dot = if parent.is_empty() { "" } else { "." };
    if FOREIGN.contains(&format!("{parent}{dot}{name}").as_str()) {
        return "it is one of Docker's; pass a profile in Docker's format as the argument 'seccomp'".to_owned();
    }
    if parent.is_empty() && ARGUMENTS.contains(&name) {
        return format!("use the argument '{name}' beside 'config'");
    }
    let fields: Vec<_> = object.fields().collect();
    if let Some(near) = nearest(name, &fields.iter().map(|field| field.name()).collect::<Vec<_>>()) {
        return format!("did you mean '{near}'?");
    }
    let elsewhere = places_of(name, parent);
    if elsewhere.is_empty() || elsewhere.len() > MOST {
        // What newer versions do not have is nothing to start with.
        let current: Vec<_> = fields.iter().filter(|field| field.until.is_none()).map(|field| field.name()).collect();
        return format!("there are: {}", current.join(", "));
    }
    let named: Vec<_> = elsewhere.iter().map(|pattern| format!("'{}.{pattern}'", pattern::root())).collect();
    format!("did you mean {}?", named.join(" or "))
}

/// The places nearest to `parent` that have a field of this name.
fn places_of(name: &str, parent: &str) -> Vec<&'static str> {
    let is_argument = |path: &str| path == "root.path" || path.starts_with("mounts");
    let mut found: Vec<_> = schema::places()
        .iter()
        .filter(|place| !place.path.is_empty() && !place.is_element() && place.name() == name)
        .filter(|place| !place.path.contains('*') && !is_argument(place.path))
        .map(|place| {
            let is_other =
                OTHER_PLATFORMS.iter().any(|other| place.path.starts_with(other) && !parent.starts_with(other));
            (is_other, distance(parent, place.path), place.path)
        })
        .collect();
    found.sort_unstable();
    let nearest = found.first().map(|(other, distance, _)| (*other, *distance));
    found
        .into_iter()
        .filter(|(other, distance, _)| nearest == Some((*other, *distance)))
        .map(|(.., path)| path)
        .collect()
}

/// How many steps it is from one place to another.
fn distance(one: &str, other: &str) -> usize {
    let steps = |pattern: &str| pattern.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (steps(one), steps(other));
    let common = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    one.len() + other.len() - 2 * common
}

#[cfg(test)]
mod tests;
