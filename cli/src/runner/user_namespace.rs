//! A user namespace with subordinate ids. newuidmap(1) and newgidmap(1) map them, which are called from outside of it, so a
//! process of its own makes it and holds it until they have.

use std::fs::File;
use std::io::Read as _;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{getegid, geteuid};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::ids::{OwnOnly, Subordinate, map};
use super::runtime;
use super::{Bundle, Host, Plan, Run};

/// One in which this user is root and has subordinate ids. Nobody is in it yet.
#[derive(Debug)]
pub struct UserNamespace(OwnedFd);

impl UserNamespace {
    /// Makes it.
    ///
    /// # Errors
    /// The kernel, newuidmap(1) or newgidmap(1) refuse, or are not there.
    pub fn new(ids: &Subordinate) -> Result<Self> {
        let holder = Holder::start()?;
        for (program, map) in
            [("newuidmap", map(geteuid().as_raw(), &ids.uids)), ("newgidmap", map(getegid().as_raw(), &ids.gids))]
        {
            run(program, holder.0.id(), &map)?;
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

/// What a run needs that is decided before anything is changed.
#[derive(Debug)]
pub struct Planned {
    /// What the container gets.
    pub plan: Plan,
    /// The user namespace with subordinate ids, where it needs these.
    pub ids: Option<UserNamespace>,
}

/// The plan of a run, with the user namespace that it needs. Where subordinate ids cannot be had, it is the plan without them,
/// which says why.
///
/// # Errors
/// Those of [`Run::plan`].
pub fn plan(run: &Run, bundle: &Bundle, host: &mut Host) -> Result<Planned> {
    let plan = run.plan(bundle, host)?;
    let Some(ids) = &plan.subordinate else { return Ok(Planned { plan, ids: None }) };
    match UserNamespace::new(ids) {
        Ok(namespace) => Ok(Planned { plan, ids: Some(namespace) }),
        Err(error) => {
            host.subordinate = Err(OwnOnly::Refused(format!("{error:#}")));
            Ok(Planned { plan: run.plan(bundle, host)?, ids: None })
        }
    }
}

/// The process that is in it until the ids are mapped.
struct Holder(Child);

impl Holder {
    fn start() -> Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        let command =
            command.arg("hold-user-namespace").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
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
pub fn hold() -> Result<()> {
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    rustix::thread::unshare(UnshareFlags::NEWUSER).context("making a user namespace (unshare(2))")?;
    let mut output = std::io::stdout();
    output.write_all(b"\n").and_then(|()| output.flush()).context("saying that there is a user namespace")?;
    std::io::stdin().read_to_end(&mut Vec::new()).context("waiting in a user namespace")?;
    Ok(())
}

/// Maps the ids of a process. What the program says is part of the error.
fn run(program: &str, pid: u32, map: &str) -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = runtime::on_path(&path, program);
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
