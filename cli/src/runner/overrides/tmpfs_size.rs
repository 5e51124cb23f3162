//! The size of a file system in memory.

use std::fmt;
use std::str::FromStr;

use crate::runner::runtime_config::{Mount, RuntimeConfig};
use serde_json::json;

/// How much it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TmpfsSize {
    /// So many bytes.
    Bytes(u64),
    /// So many hundredths of the host's memory.
    Percent(u8),
}

impl FromStr for TmpfsSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| format!("found '{text}', want a size above 0, such as 512M, 2G or 50%"))
    }
}

fn parse(text: &str) -> Option<TmpfsSize> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    // For a tmpfs, 0 is no limit at all.
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    let power = match unit.to_ascii_lowercase().as_str() {
        "%" => return u8::try_from(number).ok().filter(|percent| *percent <= 100).map(TmpfsSize::Percent),
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return None,
    };
    // The kernel counts in signed numbers.
    number.checked_mul(1 << (10 * power)).filter(|bytes| i64::try_from(*bytes).is_ok()).map(TmpfsSize::Bytes)
}

/// As the option `size=` of a tmpfs takes it (tmpfs(5)).
impl fmt::Display for TmpfsSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{bytes}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// Sets how much the tmpfs on `/tmp` may hold, if there is one. Tells whether there is.
pub fn set_size_of_tmp(config: &mut RuntimeConfig, size: TmpfsSize) -> bool {
    let is_tmp = |mount: &Mount<'_>| mount.kind() == "tmpfs" && mount.place().is_some_and(|place| place == "/tmp");
    let Some(index) = config.mounts().iter().find(|mount| is_tmp(mount)).map(|mount| mount.index) else {
        return false;
    };
    if let Some(options) = config.mount_options_mut(index) {
        options.retain(|option| !option.as_str().is_some_and(|option| option.starts_with("size=")));
        options.push(json!(format!("size={size}")));
    }
    true
}

#[cfg(test)]
mod tests;
