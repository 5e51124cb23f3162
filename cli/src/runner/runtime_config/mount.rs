//! An entry of `mounts` (config.md, "Mounts").

use camino::Utf8PathBuf;
use serde_json::Value;

use super::lists::strings;

/// The fields that every mount has.
const USUAL: [&str; 4] = ["destination", "options", "source", "type"];

/// A mount, as far as it makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount<'d> {
    /// Where it is in the list.
    pub index: usize,
    /// Where it goes, as it is written.
    pub destination: &'d str,
    /// What it is of.
    pub source: &'d str,
    kind: &'d str,
    options: Vec<&'d str>,
    has_more: bool,
}

impl<'d> Mount<'d> {
    /// Reads the entry at this index.
    pub fn new(index: usize, entry: &'d Value) -> Self {
        let text = |name: &str| entry[name].as_str().unwrap_or("");
        let options = strings(&entry["options"]).collect();
        let has_more = entry.as_object().is_some_and(|entry| entry.keys().any(|name| !USUAL.contains(&name.as_str())));
        Self { index, destination: text("destination"), source: text("source"), kind: text("type"), options, has_more }
    }

    /// Whether it has one of these options.
    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.options.contains(name))
    }

    /// Its options.
    pub fn options(&self) -> impl Iterator<Item = &'d str> + '_ {
        self.options.iter().copied()
    }

    /// The type of its file system, as it is written.
    pub fn kind(&self) -> &str {
        self.kind
    }

    /// Whether it shows a directory or file that is somewhere else, too.
    pub fn is_bind(&self) -> bool {
        self.kind == "bind" || self.has(&["bind", "rbind"])
    }

    /// Whether it shows what is mounted below its source as well.
    pub fn is_recursive(&self) -> bool {
        !self.has(&["bind"]) || self.has(&["rbind"])
    }

    /// Whether nothing can be written through it.
    pub fn is_read_only(&self) -> bool {
        self.has(&["ro", "rro"]) && !self.has(&["rw", "rrw"])
    }

    /// Whether it is a bind mount of what the source is, without what is mounted below, that is read-only and has no devices or
    /// set-user-id bits in effect, and nothing else is asked for.
    pub fn is_plain_read_only_bind(&self) -> bool {
        let is_known = |option: &&str| matches!(*option, "bind" | "ro" | "nosuid" | "nodev");
        let is_of_no_other_kind = matches!(self.kind, "bind" | "none" | "");
        let has_all = ["bind", "ro", "nosuid", "nodev"].iter().all(|option| self.options.contains(option));
        is_of_no_other_kind && !self.has_more && has_all && self.options.iter().all(is_known)
    }

    /// Whether mounts and unmounts are to pass between it and its source.
    pub fn propagates(&self) -> bool {
        self.has(&["shared", "rshared", "slave", "rslave"])
    }

    /// The path in the root file system that a relative source has, which starts at the bundle as `root` does.
    pub fn path_in_root(&self, root: &str) -> Option<String> {
        let source = normal(&format!("/{}", self.source)).filter(|_| !self.source.starts_with('/'))?;
        let root = normal(&format!("/{root}"))?;
        let below = source.strip_prefix(root).ok()?;
        Some(if below == "" { ".".to_owned() } else { below.to_string() })
    }

    /// Where it goes, without slashes that mean nothing; nothing if that is no place below `/`.
    pub fn place(&self) -> Option<Utf8PathBuf> {
        normal(self.destination).filter(|place| place != "/")
    }
}

/// An absolute path without `.` and slashes that mean nothing; nothing if it has `..`.
pub fn normal(path: &str) -> Option<Utf8PathBuf> {
    let names: Vec<_> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    (!names.contains(&"..")).then(|| Utf8PathBuf::from(format!("/{}", names.join("/"))))
}

#[cfg(test)]
mod tests;
