//! A user namespace with subordinate ids. newuidmap(1) and newgidmap(1) map them, or root of the namespace above, from outside of it, so a
//! process of its own makes it and holds it until they have.

use std::fs::{self, File};
use std::io::Read as _;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Gid, Uid, getegid, geteuid};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::subid::{SubordinateIds, id_map};
use crate::runner::files::SearchPath;

/// One in which this user is root and has subordinate ids. Nobody is in it yet.
#[derive(Debug)]
pub struct UserNamespace(OwnedFd);

impl UserNamespace {
    /// Makes it.
    ///
    /// # Errors
    /// The kernel, newuidmap(1) or newgidmap(1) refuse, or are not there.
    pub fn new(ids: &SubordinateIds, search_path: &SearchPath) -> Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        let holder = Holder::start(command.arg("hold-user-namespace"))?;
        let maps = [
            ("uid_map", "newuidmap", id_map(geteuid().as_raw(), &ids.uids)),
            ("gid_map", "newgidmap", id_map(getegid().as_raw(), &ids.gids)),
        ];
        for (file, program, map) in maps {
            // Root of a user namespace may map its ids itself, and no file grants it any.
            if geteuid().is_root() {
                write_map(file, holder.0.id(), &map)?;
            } else {
                map_ids(program, search_path, holder.0.id(), &map)?;
            }
        }
        let file = format!("/proc/{}/ns/user", holder.0.id());
        Ok(Self(File::open(&file).with_context(|| format!("opening '{file}'"))?.into()))
    }

    /// Enters it.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn enter(&self) -> Result<()> {
        move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::User))
            .context("entering the user namespace (setns(2))")
    }
}

/// A process that is in namespaces until they are held in another way.
pub struct Holder(Child);

impl Holder {
    /// Starts it, and waits until it says with a byte that they are there.
    ///
    /// # Errors
    /// What it says.
    pub fn start(command: &mut Command) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut holder = Self(command.spawn().context("starting a process to hold a user namespace")?);
        let (mut ready, mut said) = ([0], String::new());
        let read = holder.0.stdout.take().context("reading from it")?.read(&mut ready);
        if read.context("waiting for a user namespace")? == 0 {
            // It has ended, and its last line says why.
            if let Some(error) = &mut holder.0.stderr {
                let _ = error.take(4096).read_to_string(&mut said);
            }
            bail!("{}", said.trim().trim_start_matches("oci-bundle: "));
        }
        Ok(holder)
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Holder {
    /// Who has the namespace open, keeps it.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What that process does: makes the namespace, says so with a byte, and waits until nothing more comes from standard input.
///
/// # Errors
/// What the kernel does not allow.
pub fn hold_user_namespace() -> Result<()> {
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    rustix::thread::unshare(UnshareFlags::NEWUSER).context("making a user namespace (unshare(2))")?;
    let mut output = std::io::stdout();
    output.write_all(b"\n").and_then(|()| output.flush()).context("saying that there is a user namespace")?;
    std::io::stdin().read_to_end(&mut Vec::new()).context("waiting in a user namespace")?;
    Ok(())
}

/// Makes the caller root in the user namespace that this process has just made: nobody else is there.
///
/// # Errors
/// What the kernel does not allow.
pub fn map_caller_to_root(uid: Uid, gid: Gid) -> Result<()> {
    for (file, text) in
        [("uid_map", format!("0 {uid} 1")), ("setgroups", "deny".to_owned()), ("gid_map", format!("0 {gid} 1"))]
    {
        let file = format!("/proc/self/{file}");
        fs::write(&file, text).with_context(|| format!("writing '{file}'"))?;
    }
    Ok(())
}

/// Writes a map of a process: a line for three numbers, all at once (`user_namespaces`(7)).
fn write_map(file: &str, pid: u32, map: &str) -> Result<()> {
    let numbers: Vec<_> = map.split(' ').collect();
    let lines: Vec<_> = numbers.chunks(3).map(|extent| extent.join(" ") + "\n").collect();
    let file = format!("/proc/{pid}/{file}");
    fs::write(&file, lines.concat()).with_context(|| format!("writing '{file}'"))
}

/// Maps the ids of a process. What the program says is part of the error.
fn map_ids(program: &str, search_path: &SearchPath, pid: u32, map: &str) -> Result<()> {
    let found = search_path.find(program);
    let found = found.with_context(|| format!("'{program}' is not on PATH (Debian has it in the package uidmap)"))?;
    let mut command = Command::new(found);
    let output = command.arg(pid.to_string()).args(map.split(' ')).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("starting '{program}'"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.trim().chars().take(400).collect();
        bail!(
            "'{program}' refuses the ids of /etc/subuid and /etc/subgid: {}",
            if said.is_empty() { output.status.to_string() } else { said }
        );
    }
    Ok(())
}
