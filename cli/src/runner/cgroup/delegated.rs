//! The cgroup that a service manager has handed over (cgroups(7), "cgroups delegation: delegating a hierarchy to
//! a less privileged user"; systemd.resource-control(5), `Delegate=`).

use std::fs;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::Access;

use super::mount_point::{CGROUP2, MOUNT_POINT};
use crate::runner::files::make_directory;
use crate::runner::privilege::Privilege;

/// A cgroup below which this process may make others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedCgroup {
    /// Its path in the hierarchy, which starts with `/`.
    pub path: Utf8PathBuf,
    /// The controllers that it has to hand on.
    pub controllers: Vec<String>,
    /// Whether other processes are in it, so that it cannot hand them on (cgroups(7), "no internal processes").
    pub is_shared: bool,
}

impl DelegatedCgroup {
    /// The cgroup of this process, if it is delegated.
    pub fn find(privilege: Privilege) -> Option<Self> {
        let is_unified = rustix::fs::statfs(MOUNT_POINT).is_ok_and(|it| it.f_type == CGROUP2);
        let groups = fs::read_to_string("/proc/self/cgroup").ok().filter(|_| is_unified)?;
        let path = Utf8PathBuf::from(groups.lines().find_map(|line| line.strip_prefix("0::"))?);
        let directory = directory(&path);
        // Everything is root's to write to, so for root it takes the mark that systemd makes.
        let is_delegated = if privilege.is_root() { is_marked(&directory) } else { is_writable(&directory) };
        let controllers = fs::read_to_string(directory.join("cgroup.controllers")).ok().filter(|_| is_delegated)?;
        let processes = fs::read_to_string(directory.join("cgroup.procs")).ok()?;
        Some(Self {
            path,
            controllers: controllers.split_whitespace().map(str::to_owned).collect(),
            is_shared: processes.lines().count() > 1,
        })
    }

    /// Whether it has all the controllers.
    pub fn has(&self, controllers: &[String]) -> bool {
        controllers.iter().all(|controller| self.controllers.contains(controller))
    }

    /// Hands the controllers on to the groups below. This process goes into one of its own, as none may stay.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn hand_on(&self, controllers: &[String]) -> Result<()> {
        if controllers.is_empty() {
            return Ok(());
        }
        let directory = directory(&self.path);
        let own = directory.join("runner");
        make_directory(&own)?;
        write(&own.join("cgroup.procs"), "0")?;
        let added: Vec<_> = controllers.iter().map(|controller| format!("+{controller}")).collect();
        write(&directory.join("cgroup.subtree_control"), &added.join(" "))
    }
}

fn directory(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{MOUNT_POINT}{path}"))
}

fn is_marked(directory: &Utf8Path) -> bool {
    ["trusted.delegate", "user.delegate"].into_iter().any(|name| {
        let mut value = [0; 1];
        rustix::fs::getxattr(directory.as_std_path(), name, &mut value[..]) == Ok(1) && value == *b"1"
    })
}

fn is_writable(directory: &Utf8Path) -> bool {
    let files = ["", "cgroup.procs", "cgroup.subtree_control"];
    files.into_iter().all(|file| rustix::fs::access(directory.join(file).as_std_path(), Access::WRITE_OK).is_ok())
}

fn write(file: &Utf8Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing '{text}' to '{file}'"))
}
