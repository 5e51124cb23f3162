//! Users of the machine, and the subordinate ids that they have.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::support::runtime::Runtime;

/// Who has them.
pub const UID: u32 = 1234;

/// The machine's files of users with one more, to whom ids are granted.
pub struct Users(TempDir);

impl Users {
    pub fn with(granted: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let passwd = fs::read_to_string("/etc/passwd").unwrap() + "ann:x:1234:1234::/:/bin/sh\n";
        for (name, text) in [("passwd", passwd.as_str()), ("subuid", granted), ("subgid", granted)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        // What runs sees it as if it were the machine's.
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Self(folder)
    }

    pub fn run(&self, runtime: Runtime, bundle: &Path) -> Output {
        self.run_after("true", runtime, bundle)
    }

    /// Runs it after a command has changed what of the machine it sees.
    pub fn run_after(&self, preparation: &str, runtime: Runtime, bundle: &Path) -> Output {
        runtime.wrapper_prepared(&self.after(preparation), UID).arg(bundle).output().unwrap()
    }

    /// The command of the shell that shows these files, and then another.
    pub fn after(&self, preparation: &str) -> String {
        let bind = |name| format!("mount --bind {}/{name} /etc/{name}", self.0.path().display());
        format!("{} && {preparation}", ["passwd", "subuid", "subgid"].map(bind).join(" && "))
    }
}
