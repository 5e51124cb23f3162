//! Where a field belongs that the spec does not have in its place.

use oci_spec::runtime::Spec;

use super::{differences, known, places};
use crate::container::ARGUMENTS;
use crate::field::nearest;

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

/// What to say of the field `name` of the object at the pattern `parent`, which has these `fields`: where it belongs, what it is
/// misspelt for, or what there is.
pub fn hint(name: &str, parent: &str, fields: &[&str]) -> String {
    let dot = if parent.is_empty() { "" } else { "." };
    if FOREIGN.contains(&format!("{parent}{dot}{name}").as_str()) {
        return "it is of Docker's format; give such a profile to the argument 'seccomp'".to_owned();
    }
    if parent.is_empty() && ARGUMENTS.contains(&name) {
        return format!("use the argument '{name}', which stands beside 'config'");
    }
    if let Some(near) = nearest(name, fields) {
        return format!("did you mean '{near}'?");
    }
    let elsewhere = places_of(name, parent);
    if elsewhere.is_empty() || elsewhere.len() > MOST {
        return format!("there are: {}", fields.join(", "));
    }
    let named: Vec<_> = elsewhere.iter().map(|pattern| format!("'{}.{pattern}'", places::root())).collect();
    format!("did you mean {}?", named.join(" or "))
}

/// The places nearest to `parent` that have a field of this name.
fn places_of(name: &str, parent: &str) -> Vec<String> {
    let mut patterns = Vec::new();
    collect(&mut Vec::new(), &mut patterns);
    let is_argument = |pattern: &str| pattern == "root.path" || pattern.starts_with("mounts");
    let mut found: Vec<_> = patterns
        .into_iter()
        .filter(|pattern| pattern.rsplit('.').next() == Some(name) && !is_argument(pattern))
        .map(|pattern| {
            let other =
                OTHER_PLATFORMS.iter().any(|platform| pattern.starts_with(platform) && !parent.starts_with(platform));
            (other, distance(parent, &pattern), pattern)
        })
        .collect();
    found.sort();
    let nearest = found.first().map(|(other, distance, _)| (*other, *distance));
    found
        .into_iter()
        .filter(|(other, distance, _)| nearest == Some((*other, *distance)))
        .map(|(.., pattern)| pattern)
        .collect()
}

/// How many steps it is from one place to another.
fn distance(one: &str, other: &str) -> usize {
    let steps = |pattern: &str| pattern.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (steps(one), steps(other));
    let common = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    one.len() + other.len() - 2 * common
}

/// Every field of the spec, as a pattern.
fn collect(steps: &mut Vec<String>, patterns: &mut Vec<String>) {
    let pattern = pattern_of(steps);
    match known::at::<Spec>(steps) {
        known::Known::Fields(decoded) => {
            for name in differences::fields(&pattern, decoded) {
                steps.push(name.to_owned());
                patterns.push(pattern_of(steps));
                collect(steps, patterns);
                steps.pop();
            }
        }
        known::Known::List => {
            steps.push("0".to_owned());
            collect(steps, patterns);
            steps.pop();
        }
        known::Known::Map | known::Known::Choices(_) | known::Known::Nothing => {}
    }
}

fn pattern_of(steps: &[String]) -> String {
    let mut pattern = String::new();
    for step in steps {
        match step.as_str() {
            "0" => pattern += "[]",
            name if pattern.is_empty() => pattern += name,
            name => pattern = format!("{pattern}.{name}"),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_another_place_is_named_with_it() {
        for (name, parent, expected) in [
            ("oomScoreAdj", "linux.resources", "did you mean 'config.process.oomScoreAdj'?"),
            ("capabilities", "linux", "did you mean 'config.process.capabilities'?"),
            ("namespaces", "process", "did you mean 'config.linux.namespaces'?"),
            ("uidMappings", "", "did you mean 'config.linux.uidMappings'?"),
            ("memory", "", "did you mean 'config.linux.resources.memory'?"),
            (
                "limit",
                "linux.resources",
                "did you mean 'config.linux.resources.hugepageLimits[].limit' or 'config.linux.resources.memory.limit' or 'config.linux.resources.pids.limit'?",
            ),
            ("layerFolders", "linux", "did you mean 'config.windows.layerFolders'?"),
            ("archMap", "linux.seccomp", "it is of Docker's format; give such a profile to the argument 'seccomp'"),
            ("env", "", "use the argument 'env', which stands beside 'config'"),
            ("xyzzy", "linux.personality", "there are: domain, flags"),
            ("enableCmt", "linux", "there are: domain, flags"),
        ] {
            let fields: &[&str] =
                if name == "xyzzy" || name == "enableCmt" { &["domain", "flags"] } else { &["a-field"] };
            assert_eq!(hint(name, parent, fields), expected, "{parent} {name}");
        }
    }

    #[test]
    fn a_misspelt_field_is_the_one_beside_it() {
        assert_eq!(hint("readOnly", "root", &["path", "readonly"]), "did you mean 'readonly'?");
    }
}
