//! Volumes: what a run keeps for the next one.

mod hostile;
mod kept;
mod listed;
mod made;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner::{USERS, prints};
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::Users;

/// A user of the machine, whose state is in a directory of the test: root's is shown at `/var/lib`.
pub struct Home {
    uid: u32,
    folder: TempDir,
    users: Users,
}

impl Home {
    pub fn new(uid: u32) -> Self {
        Self::with_ids(uid, "ann:100000:65536\n")
    }

    /// The same, to whom these subordinate ids are granted.
    pub fn with_ids(uid: u32, granted: &str) -> Self {
        let folder = TempDir::new().unwrap();
        chown(folder.path(), Some(uid), Some(uid)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { uid, folder, users: Users::with(granted) }
    }

    fn preparation(&self) -> String {
        self.users.after(&format!("mount --bind {} /var/lib", self.folder.path().display()))
    }

    /// A run of a bundle with these words before it.
    pub fn run(&self, runtime: Runtime, words: &[&str], bundle: &Path) -> Command {
        let mut run = runtime.wrapper_prepared(&self.preparation(), self.uid);
        run.args(words).arg(bundle);
        self.env(&mut run);
        run
    }

    /// `oci-bundle volume`.
    pub fn volume(&self, words: &[&str]) -> Command {
        let mut command = runtime::command_prepared(&self.preparation(), &nix::program("oci-bundle"), self.uid);
        command.arg("volume").args(words);
        self.env(&mut command);
        command
    }

    fn env(&self, command: &mut Command) {
        command.env_remove("XDG_STATE_HOME").env("HOME", self.folder.path());
    }

    /// Where the volumes are.
    pub fn volumes(&self) -> PathBuf {
        self.folder.path().join(if self.uid == 0 { "oci-bundle/volumes" } else { ".local/state/oci-bundle/volumes" })
    }

    /// The directory of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The names of the volumes, as they are listed.
    pub fn listed(&self) -> Vec<String> {
        let table = prints(self.volume(&["list"]));
        table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    }
}

/// Every runtime, for each of the users at home.
pub fn all() -> impl Iterator<Item = (Runtime, Home)> {
    runtime::ALL.into_iter().flat_map(|runtime| USERS.map(|uid| (runtime, Home::new(uid))))
}
