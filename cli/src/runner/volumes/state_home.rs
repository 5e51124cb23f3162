//! Where volumes are, by what the environment says.

use std::ffi::OsString;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;

use crate::runner::privilege::Privilege;

/// Where root's state is (hier(7)).
pub const OF_ROOT: &str = "/var/lib";

/// What says where a user's state is (XDG Base Directory Specification).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateHome {
    /// A directory in the place of what the rest says.
    pub given: Option<Utf8PathBuf>,
    /// The variable `XDG_STATE_HOME`.
    pub xdg: Option<OsString>,
    /// The variable `HOME`.
    pub home: Option<OsString>,
}

impl StateHome {
    /// The directory for volumes.
    ///
    /// # Errors
    /// The environment does not say where a user's state is.
    pub fn volumes(&self, privilege: Privilege) -> Result<Utf8PathBuf> {
        // What is relative is ignored.
        let absolute = |path: &Option<OsString>| {
            let path = path.clone()?.into_string().ok()?;
            path.starts_with('/').then(|| Utf8PathBuf::from(path))
        };
        let base = if let Some(given) = &self.given {
            Some(given.clone())
        } else if privilege.is_root() {
            Some(OF_ROOT.into())
        } else {
            absolute(&self.xdg).or_else(|| absolute(&self.home).map(|home| home.join(".local/state")))
        };
        let base = base.context(
            "volumes are kept in $XDG_STATE_HOME or $HOME/.local/state, and neither variable is an absolute path; set HOME",
        )?;
        Ok(base.join("oci-bundle/volumes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_where_the_user_keeps_state() {
        let place = |xdg: Option<&str>, home: Option<&str>| {
            let home = StateHome { given: None, xdg: xdg.map(Into::into), home: home.map(Into::into) };
            home.volumes(Privilege::Rootless).map(Utf8PathBuf::into_string)
        };
        assert_eq!(place(Some("/s"), Some("/h")).unwrap(), "/s/oci-bundle/volumes");
        for none in [None, Some(""), Some("relative")] {
            assert_eq!(place(none, Some("/h")).unwrap(), "/h/.local/state/oci-bundle/volumes");
            assert!(place(none, none).unwrap_err().to_string().contains("set HOME"));
        }
        let of_root = StateHome { given: None, xdg: Some("/s".into()), home: None }.volumes(Privilege::Root).unwrap();
        assert_eq!(of_root, "/var/lib/oci-bundle/volumes");
    }
}
