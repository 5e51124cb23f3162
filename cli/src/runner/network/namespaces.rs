//! The network namespace of a container, and for root the user namespace that owns it: pasta has to be root in that, and is nobody
//! on the host.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use camino::Utf8Path;
use rustix::mount::{self, MountFlags};
use rustix::net::netdevice::name_to_index;
use rustix::process::{getegid, geteuid};
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use crate::netfilter;
use crate::netlink::Netlink;
use crate::runner::privilege::Privilege;
use crate::runner::rootless::{Holder, map_caller_to_root};

/// The hidden verb that makes the namespaces of a network.
pub const HOLD_NETWORK: &str = "hold-network";

/// The first of the users that no system gives to anybody (systemd's "Users, Groups, UIDs and GIDs").
pub const FIRST_UNUSED_ID: u32 = 1_879_048_192;
/// How many there are of them.
const UNUSED_IDS: u32 = 1 << 28;

/// Settings of a network. No port takes a capability, as it has no other users. Nobody else has the addresses that it gets, so they
/// are there at once: what comes from the host before they are, pasta of 2023 loses.
const SETTINGS: [(&str, &str); 2] = [("ipv4/ip_unprivileged_port_start", "0"), ("ipv6/conf/default/accept_dad", "0")];

/// Namespaces that are kept in a directory.
#[derive(Clone, Copy, Debug)]
pub struct Namespaces<'n> {
    /// The directory.
    pub directory: &'n Utf8Path,
    /// The user of the host who is root of the user namespace that owns the network; `None` if this process is that.
    pub owner: Option<u32>,
}

/// A user who shall own a network. No container is it, and no two runs share it. One of root that can become any user can become it
/// (`raw_packets`), so nobody knows it before: a set-user-id program could be this user's.
///
/// # Errors
/// The kernel has no random numbers.
pub fn draw_owner(privilege: Privilege) -> Result<Option<u32>> {
    if !privilege.is_root() {
        return Ok(None);
    }
    let mut bytes = [0; 4];
    let count = getrandom(&mut bytes, GetRandomFlags::empty()).context("drawing a number (getrandom(2))")?;
    ensure!(count == bytes.len(), "drawing a number gave {count} bytes");
    Ok(Some(FIRST_UNUSED_ID + u32::from_ne_bytes(bytes) % UNUSED_IDS))
}

impl Namespaces<'_> {
    /// The file of the network namespace.
    pub const NETWORK: &'static str = "net";
    /// The file of the user namespace that owns it, if that is another than this process is in.
    pub const USER: &'static str = "user";
    /// A view of the network as sysfs(5) has it.
    pub const SYS: &'static str = "sys";

    /// Makes them.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn make(&self) -> Result<()> {
        match self.owner {
            None => Self::in_a_thread(|| {
                // What is unsafe about it, are tables of open files, and these stay shared.
                #[allow(deprecated)]
                rustix::thread::unshare(UnshareFlags::NEWNET).context("making a network namespace (unshare(2))")?;
                set_up();
                self.keep(Self::NETWORK, "/proc/thread-self/ns/net")
            }),
            Some(id) => {
                let mut command = Command::new("/proc/self/exe");
                let holder = Holder::start(command.arg(HOLD_NETWORK).uid(id).gid(id).env_clear().current_dir("/"))?;
                for (name, kind) in [(Self::NETWORK, "net"), (Self::USER, "user")] {
                    self.keep(name, &format!("/proc/{}/ns/{kind}", holder.pid()))?;
                }
                Ok(())
            }
        }
    }

    /// Mounts a view of the network that a container can bind which may not mount one.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn mount_sys(&self) -> Result<()> {
        let sys = self.directory.join(Self::SYS);
        fs::create_dir(&sys).with_context(|| format!("making '{sys}'"))?;
        self.enter(|| {
            let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RDONLY;
            mount::mount("sysfs", sys.as_std_path(), "sysfs", flags, None)
                .context("mounting the /sys of a network namespace")
        })
    }

    /// Has nothing leave that is for a loopback: pasta takes that for the host's. Of UDP, nothing goes to the loopback from some ports, which
    /// pasta from before 2025 would hand on to the same port of the host's, whoever has it.
    ///
    /// # Errors
    /// What the kernel does not allow, or does not have.
    pub fn set_rules(&self, off_loopback: &[u16]) -> Result<()> {
        self.enter(|| netfilter::set_rules(off_loopback))
    }

    /// Has what is for a loopback, and would leave by a device, fail at once.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn keep_loopback_from(&self, device: &str) -> Result<()> {
        self.enter(|| {
            let socket = UnixDatagram::unbound().context("opening a socket")?;
            let index =
                name_to_index(&socket, device).with_context(|| format!("looking for the interface '{device}'"))?;
            Netlink::open()?.keep_loopback_from(index)
        })
    }

    /// Does something in the network namespace.
    fn enter(&self, work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
        let network = self.directory.join(Self::NETWORK);
        Self::in_a_thread(|| {
            let namespace = File::open(&network).with_context(|| format!("opening '{network}'"))?;
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .context("entering a network namespace (setns(2))")?;
            work()
        })
    }

    /// Does something in a thread, whose network namespace goes with it.
    fn in_a_thread(work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
        thread::scope(|scope| scope.spawn(work).join()).map_err(|_| anyhow!("a thread has ended early"))?
    }

    /// Keeps a namespace as a file.
    fn keep(&self, name: &str, namespace: &str) -> Result<()> {
        let file = self.directory.join(name);
        File::create(&file).with_context(|| format!("making '{file}'"))?;
        mount::mount_bind(namespace, file.as_std_path()).with_context(|| format!("keeping the namespace '{namespace}'"))
    }
}

/// Sets up the network of this thread, and no other.
fn set_up() {
    for (setting, value) in SETTINGS {
        // In a container of an engine, for instance, they cannot be changed. The network is of use all the same.
        let _ = fs::write(format!("/proc/sys/net/{setting}"), value);
    }
}

/// What a process does that is to own a network: makes the namespaces, says so with a byte, and waits until nothing more comes from
/// standard input.
///
/// # Errors
/// What the kernel does not allow.
pub fn hold_network() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    rustix::thread::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)
        .context("making a user namespace for a network (unshare(2))")?;
    map_caller_to_root(uid, gid)?;
    set_up();
    let mut output = std::io::stdout();
    output.write_all(b"\n").and_then(|()| output.flush()).context("saying that there is a network namespace")?;
    std::io::stdin().read_to_end(&mut Vec::new()).context("waiting in a network namespace")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_roots_is_another_one_each_time() {
        let drawn = [(); 4].map(|()| draw_owner(Privilege::Root).unwrap().unwrap());
        assert!(drawn.iter().all(|id| (FIRST_UNUSED_ID..1 << 31).contains(id)), "{drawn:?}");
        assert!(drawn[1..].iter().any(|id| *id != drawn[0]), "{drawn:?}");
        assert_eq!(draw_owner(Privilege::Rootless).unwrap(), None);
    }
}
