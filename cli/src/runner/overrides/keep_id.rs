//! The ids that `--userns=keep-id` keeps.

use std::str::FromStr;

use oci_bundle_builder::plan::diagnostics::LAST_ID;

/// The ids of the container that the caller's own become; each is that of the container's user unless it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepId {
    /// The user.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
}

impl FromStr for KeepId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("found '{text}', want keep-id, or keep-id:uid=NUMBER,gid=NUMBER");
        let (mode, options) = text.split_once(':').map_or((text, None), |(mode, options)| (mode, Some(options)));
        if mode != "keep-id" {
            return Err(wrong());
        }
        let mut keep = Self::default();
        for option in options.into_iter().flat_map(|options| options.split(',')) {
            let (name, id) = option.split_once('=').ok_or_else(wrong)?;
            let id = id.parse().ok().filter(|id| *id <= LAST_ID).ok_or_else(wrong)?;
            match name {
                "uid" => keep.uid = Some(id),
                "gid" => keep.gid = Some(id),
                _ => return Err(wrong()),
            }
        }
        Ok(keep)
    }
}

#[cfg(test)]
mod tests;
