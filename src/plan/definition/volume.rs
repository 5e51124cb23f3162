//! The syntax of `docker run --volume`, which says in one string what is mounted, where, and how.

use super::mount_options;
use crate::plan::diagnostics::quoted;

/// Options of Docker and Podman for their volumes that are none of a mount.
const OF_VOLUMES: [&str; 12] =
    ["z", "Z", "U", "O", "copy", "nocopy", "cached", "delegated", "consistent", "overlay", "idmap", "chown"];

/// What such a string says, but for where: here that is the attribute's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume<'t> {
    source: &'t str,
    options: Vec<&'t str>,
}

impl Volume<'_> {
    /// The same as an attribute set of Nix.
    pub fn in_nix(&self) -> String {
        let options: Vec<_> = ["rbind"].iter().chain(&self.options).map(|option| quoted(option)).collect();
        format!(
            "only the path on the host; as an attribute set, Docker's syntax is {{ source = {}; options = [ {} ]; }}",
            quoted(self.source),
            options.join(" ")
        )
    }
}

/// Reads `SOURCE:DESTINATION`, `SOURCE:OPTIONS` or `SOURCE:DESTINATION:OPTIONS`. Other colons are part of a path, as in
/// `/dev/disk/by-path`.
pub fn parse(text: &str) -> Option<Volume<'_>> {
    let is_option = |option: &&str| mount_options::is_known(option) || OF_VOLUMES.contains(option);
    let (path, options) = match text.rsplit_once(':') {
        Some((path, options)) if options.split(',').all(|option| is_option(&option)) => (path, options),
        _ => (text, ""),
    };
    let (source, has_destination) = path.split_once(":/").map_or((path, false), |(source, _)| (source, true));
    let is_of_docker = has_destination || !options.is_empty();
    let options =
        options.split(',').filter(|option| mount_options::is_known(option) && !option.ends_with("bind")).collect();
    is_of_docker.then_some(Volume { source, options })
}

#[cfg(test)]
mod tests;
