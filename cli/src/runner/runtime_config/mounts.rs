//! The entries of `mounts` in a config.json that anybody may have written (config.md, "Mounts").

use anyhow::{Result, bail};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use crate::runner::overrides::TmpfsSize;

/// One of them, as far as it makes sense.
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
}

impl<'d> Mount<'d> {
    fn new(index: usize, entry: &'d Value) -> Self {
        let text = |name: &str| entry[name].as_str().unwrap_or("");
        let options = entry["options"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        Self { index, destination: text("destination"), source: text("source"), kind: text("type"), options }
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

/// The mounts of a document, in their order.
pub fn all(document: &Value) -> Vec<Mount<'_>> {
    let entries = document["mounts"].as_array().into_iter().flatten().enumerate();
    entries.map(|(index, entry)| Mount::new(index, entry)).collect()
}

/// Checks that each mount says what is where, and nothing of others.
///
/// # Errors
/// One that changes another mount, or whose destination runtimes look for in different ways.
pub fn check(document: &Value) -> Result<()> {
    for mount in all(document) {
        let (index, destination) = (mount.index, mount.destination);
        if mount.has(&["remount"]) {
            bail!("mounts.{index}.options: found 'remount', which changes another mount; give that one its options");
        }
        if destination.split('/').any(|name| name == "..") {
            bail!("mounts.{index}.destination: found '{destination}', want a path without '..'");
        }
    }
    Ok(())
}

/// Takes set-user-id bits and device nodes of bind mounts out of effect, unless an option asks for them, or for what is below
/// `/dev` itself.
pub fn guard(document: &mut Value) {
    // A relative one is in the bundle.
    let of_devices = |source: &str| source.starts_with('/') && normal(source).is_some_and(|it| it.starts_with("/dev"));
    let mut added = Vec::new();
    for mount in all(document).into_iter().filter(Mount::is_bind) {
        let needs = |on: &[&str], off: &[&str]| !mount.has(on) && !mount.has(off);
        if needs(&["suid", "rsuid"], &["nosuid", "rnosuid"]) {
            added.push((mount.index, "nosuid"));
        }
        if needs(&["dev", "rdev"], &["nodev", "rnodev"]) && !of_devices(mount.source) {
            added.push((mount.index, "nodev"));
        }
    }
    for (index, option) in added {
        let entry = &mut document["mounts"][index];
        if !entry["options"].is_array() {
            entry["options"] = json!([]);
        }
        entry["options"].as_array_mut().into_iter().for_each(|options| options.push(json!(option)));
    }
}

/// Sets how much the tmpfs on `/tmp` may hold, if there is one. Tells whether there is.
pub fn set_size_of_tmp(document: &mut Value, size: TmpfsSize) -> bool {
    let is_tmp = |mount: &Mount<'_>| mount.kind == "tmpfs" && mount.place().is_some_and(|place| place == "/tmp");
    let Some(index) = all(document).iter().find(|mount| is_tmp(mount)).map(|mount| mount.index) else { return false };
    let entry = &mut document["mounts"][index];
    if !entry["options"].is_array() {
        entry["options"] = json!([]);
    }
    if let Some(options) = entry["options"].as_array_mut() {
        options.retain(|option| !option.as_str().is_some_and(|option| option.starts_with("size=")));
        options.push(json!(format!("size={size}")));
    }
    true
}

/// An absolute path without `.` and slashes that mean nothing; nothing if it has `..`.
pub fn normal(path: &str) -> Option<Utf8PathBuf> {
    let names: Vec<_> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    (!names.contains(&"..")).then(|| Utf8PathBuf::from(format!("/{}", names.join("/"))))
}

#[cfg(test)]
mod tests;
