//! Linux capabilities: their names, and how a file has them.

use std::fmt;

use crate::plan::diagnostics::{ArgumentError, Field, nearest};

/// The names, by number: the first is 0 (Linux, `include/uapi/linux/capability.h`; capabilities(7)).
pub const CAPABILITIES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The attribute of a file that holds its capabilities.
pub const XATTR: &str = "security.capability";

/// Revision 2 of the attribute, with the flag that what is permitted is in effect at once (capabilities(7), "File capability
/// extended attribute versioning").
const REVISION_AND_FLAG: u32 = 0x0200_0001;

/// The capabilities that a program gets from its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCapabilities(u64);

impl FileCapabilities {
    /// Those of these names; those that are none are left out.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let number = |name| CAPABILITIES.iter().position(|known| *known == name);
        Self(names.into_iter().filter_map(number).fold(0, |set, number| set | 1 << number))
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CAPABILITIES.into_iter().enumerate().filter(move |(number, _)| self.0 >> number & 1 == 1).map(|(_, name)| name)
    }

    /// The value of the attribute: they are permitted and in effect, as `setcap NAME=ep` sets them.
    pub fn to_xattr(self) -> [u8; 20] {
        let mut value = [0; 20];
        let (low, high) = (self.0 & 0xffff_ffff, self.0 >> 32);
        // Nothing is inheritable.
        let words = [u64::from(REVISION_AND_FLAG), low, 0, high, 0];
        for (place, word) in value.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes()[..4]);
        }
        value
    }
}

impl fmt::Display for FileCapabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(", "))
    }
}

/// Checks that this is the name of a capability, and gives it.
///
/// # Errors
/// An [`ArgumentError`] if it is none.
pub fn check_name(capability: &Field<'_>) -> Result<&'static str, ArgumentError> {
    let name = capability.string()?;
    if let Some(known) = CAPABILITIES.into_iter().find(|known| *known == name) {
        return Ok(known);
    }
    let hint = nearest(name, &CAPABILITIES).map(|near| format!("; did you mean \"{near}\"?"));
    let want = format!("a capability of capabilities(7){}", hint.unwrap_or_default());
    Err(capability.unwanted(&want))
}

#[cfg(test)]
mod tests;
