//! Control groups of the second version, for tests.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new one, removed at the end with those below.
pub struct Cgroup {
    pub path: PathBuf,
}

impl Cgroup {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("oci-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = mounted().join(name);
        fs::create_dir(&path).unwrap();
        Self { path }
    }

    /// One that this user may do everything with, as cgroups(7) says it, with this controller.
    pub fn delegated(uid: u32, controller: &str) -> Self {
        fs::write(mounted().join("cgroup.subtree_control"), format!("+{controller}")).unwrap();
        let group = Self::new();
        for file in ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"] {
            chown(group.path.join(file), Some(uid), Some(uid)).unwrap();
        }
        group
    }

    pub fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }
}

/// Where a machine has them, beside those of the first version or not.
fn mounted() -> &'static Path {
    let paths = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(Path::new);
    let mounted = paths.into_iter().find(|path| path.join("cgroup.procs").exists());
    mounted.expect("the tests need control groups of the second version")
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Nothing is asserted: a test may have failed already. Processes take a moment to end.
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
        for _ in 0..100 {
            let mut find = Command::new("find");
            let _ = find.arg(&self.path).args(["-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]).output();
            if !self.path.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
