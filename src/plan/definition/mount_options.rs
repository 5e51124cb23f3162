//! The options of mounts (OCI runtime spec, config.md, "Linux mount options").

use std::collections::BTreeSet;

use crate::plan::diagnostics::{ArgumentError, Field, nearest, quoted};

/// Options that a runtime understands; what is none of these goes to the file system, and a bind mount has none.
/// Source: config.md, "Linux mount options", v1.3.0; crun(1), "MOUNT OPTIONS", for the last three.
const OPTIONS: [&str; 65] = [
    "async",
    "atime",
    "bind",
    "defaults",
    "dev",
    "diratime",
    "dirsync",
    "exec",
    "iversion",
    "lazytime",
    "loud",
    "mand",
    "noatime",
    "nodev",
    "nodiratime",
    "noexec",
    "noiversion",
    "nolazytime",
    "nomand",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "nosymfollow",
    "private",
    "ratime",
    "rbind",
    "rdev",
    "rdiratime",
    "relatime",
    "remount",
    "rexec",
    "rnoatime",
    "rnodev",
    "rnodiratime",
    "rnoexec",
    "rnorelatime",
    "rnostrictatime",
    "rnosuid",
    "rnosymfollow",
    "ro",
    "rprivate",
    "rrelatime",
    "rro",
    "rrw",
    "rshared",
    "rslave",
    "rstrictatime",
    "rsuid",
    "rsymfollow",
    "runbindable",
    "rw",
    "shared",
    "silent",
    "slave",
    "strictatime",
    "suid",
    "symfollow",
    "sync",
    "tmpcopyup",
    "unbindable",
    "idmap",
    "ridmap",
    "copy-symlink",
    "dest-nofollow",
    "src-nofollow",
];

/// Whether a runtime understands this option.
pub fn is_known(option: &str) -> bool {
    OPTIONS.contains(&option)
}

/// Options of which one is the opposite of the other.
const OPPOSITES: [[&str; 2]; 5] =
    [["ro", "rw"], ["dev", "nodev"], ["exec", "noexec"], ["suid", "nosuid"], ["atime", "noatime"]];

/// Checks the attribute `options` of a mount. Of a bind mount, an option that no runtime knows would be ignored: a
/// misspelt `ro` would be a mount that can be written to.
///
/// # Errors
/// An [`ArgumentError`] at the option.
pub fn check(mount: &Field<'_>, is_bind: bool) -> Result<(), ArgumentError> {
    let options = mount.get("options")?.map_or(Ok(Vec::new()), |options| options.list())?;
    let given: BTreeSet<_> = options.iter().filter_map(|option| option.value().as_str()).collect();
    for option in &options {
        let text = option.string()?;
        if let Some([one, other]) = OPPOSITES.iter().find(|pair| pair[1] == text || pair[0] == text) {
            let opposite = if text == *one { other } else { one };
            if given.contains(opposite) {
                let problem = format!("found {} beside {}; leave one of them out", quoted(text), quoted(opposite));
                return Err(ArgumentError::new(option.path(), problem));
            }
        }
        let is_mapping = text.starts_with("idmap=") || text.starts_with("ridmap=");
        if is_bind && !is_mapping && !is_known(text) {
            return Err(unknown(option, text));
        }
    }
    Ok(())
}

fn unknown(option: &Field<'_>, text: &str) -> ArgumentError {
    let what_to_try = if text.contains(',') {
        let parts: Vec<_> = text.split(',').map(|part| quoted(part.trim())).collect();
        format!("write each as a string of its own: {}", parts.join(" "))
    } else {
        let near = nearest(&text.trim().to_lowercase().replace('-', ""), &OPTIONS);
        let hint = if text.to_lowercase().starts_with("read") { Some("ro") } else { near };
        hint.map_or_else(
            || "want one of those under \"Linux mount options\" in the OCI runtime spec".to_owned(),
            |near| format!("did you mean {}?", quoted(near)),
        )
    };
    ArgumentError::new(
        option.path(),
        format!("found {}, which is not an option of a bind mount; {what_to_try}", quoted(text)),
    )
}

#[cfg(test)]
mod tests;
