//! The network of a test: a bridge with the script on it, and a cable to each container.
//!
//! A container makes its own network namespace, so it owns that, and what it may do there is what it may do anywhere. The cable is
//! plugged in when the namespace is there and before the container's program is.

mod cable;
mod namespace;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use rustix::process::Pid;

use self::cable::{BRIDGE, Cable};
use self::namespace::Namespace;
use crate::netlink::{LOOPBACK, Netlink};

/// The last byte of the first container's address; those of the others follow.
const FIRST: u8 = 2;

/// How many bits all addresses have in common.
const PREFIX_LENGTH: u8 = 24;

/// The bridge in the network namespace of this process, and what is plugged in.
#[derive(Debug)]
pub struct Network {
    netlink: Netlink,
    plugged: BTreeMap<usize, Namespace>,
    /// Pairs that are cut from each other, the smaller number first.
    cut: BTreeSet<(usize, usize)>,
    /// Those that are cut from all others.
    off: BTreeSet<usize>,
}

impl Network {
    /// The script's address.
    pub const SCRIPT: Ipv4Addr = Ipv4Addr::new(192, 168, 83, 1);

    /// Makes the bridge in the network namespace of this process, in which there is nothing but a loopback device.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn new() -> Result<Self> {
        let mut netlink = Netlink::open()?;
        let setting_up = "setting up the network of the test";
        netlink.set_up(LOOPBACK).context(setting_up)?;
        netlink.add_bridge(&BRIDGE).context(setting_up)?;
        netlink.keep_from_ipv6(BRIDGE.index).context(setting_up)?;
        netlink.add_address(BRIDGE.index, Self::SCRIPT, PREFIX_LENGTH).context(setting_up)?;
        netlink.set_up(BRIDGE.index).context(setting_up)?;
        Ok(Self { netlink, plugged: BTreeMap::new(), cut: BTreeSet::new(), off: BTreeSet::new() })
    }

    /// The address of a container. There are at most as many as Nix lets a test have (nix/lib/test-containers.nix).
    pub fn address(number: usize) -> Ipv4Addr {
        let [first, second, third, _] = Self::SCRIPT.octets();
        Ipv4Addr::new(first, second, third, u8::try_from(number).unwrap_or(u8::MAX).saturating_add(FIRST))
    }

    /// Plugs in the container whose first process this is. One that has no network namespace of its own is where the script is.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn plug(&mut self, number: usize, pid: Pid) -> Result<()> {
        let cable = Cable::new(number);
        let plugging_in = || format!("plugging in '{}'", cable.name());
        let namespace = Namespace::new(pid).with_context(plugging_in)?;
        if namespace.is_own().with_context(plugging_in)? {
            return Ok(());
        }
        self.unplug(number);
        cable.lay(&mut self.netlink, &namespace).with_context(plugging_in)?;
        self.plugged.insert(number, namespace);
        for (one, other) in self.cut.clone() {
            if one == number || other == number {
                self.cut_in(number, if one == number { other } else { one })?;
            }
        }
        if self.off.contains(&number) {
            self.pull(number)?;
        }
        Ok(())
    }

    /// Takes out a container that has ended.
    pub fn unplug(&mut self, number: usize) {
        self.plugged.remove(&number);
        // It may be gone with its namespace, or never have been there. One that could not be laid to its end is there still.
        let _ = self.netlink.remove(Cable::new(number).index());
    }

    /// Cuts two from each other: what they send each other is lost, and nobody tells them. Both stay connected with the rest.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn cut_between(&mut self, one: usize, other: usize) -> Result<()> {
        self.cut.insert((one.min(other), one.max(other)));
        self.cut_in(one, other)?;
        self.cut_in(other, one)
    }

    /// Cuts one from all others, as pulling its plug does.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn cut_off(&mut self, number: usize) -> Result<()> {
        self.off.insert(number);
        self.pull(number)
    }

    /// Undoes all cuts. Where one of them cannot be undone, the others are nevertheless.
    ///
    /// # Errors
    /// What the kernel does not allow, of the first one.
    pub fn heal(&mut self) -> Result<()> {
        let mut healed = Ok(());
        for (one, other) in std::mem::take(&mut self.cut) {
            healed = healed.and(self.heal_in(one, other)).and(self.heal_in(other, one));
        }
        for number in std::mem::take(&mut self.off) {
            healed = healed.and(self.push(number));
        }
        healed
    }

    /// Lets one lose the other.
    fn cut_in(&self, here: usize, there: usize) -> Result<()> {
        let Some(namespace) = self.plugged.get(&here) else { return Ok(()) };
        let cutting = || format!("cutting the network of '{}'", Cable::new(here).name());
        namespace.enter(|netlink| Cable::new(there).lose_from(netlink)).with_context(cutting)
    }

    /// Lets one find the other again.
    fn heal_in(&self, here: usize, there: usize) -> Result<()> {
        let Some(namespace) = self.plugged.get(&here) else { return Ok(()) };
        namespace.enter(|netlink| Cable::new(there).find_from(netlink)).with_context(|| healing(here))
    }

    /// Pulls the cable out of the bridge, if it is there.
    fn pull(&mut self, number: usize) -> Result<()> {
        if !self.plugged.contains_key(&number) {
            return Ok(());
        }
        let cable = Cable::new(number);
        self.netlink.set_down(cable.index()).with_context(|| format!("cutting off '{}'", cable.name()))
    }

    /// Pushes the cable into the bridge again, if it is there.
    fn push(&mut self, number: usize) -> Result<()> {
        if !self.plugged.contains_key(&number) {
            return Ok(());
        }
        self.netlink.set_up(Cable::new(number).index()).with_context(|| healing(number))
    }
}

fn healing(number: usize) -> String {
    format!("healing the network of '{}'", Cable::new(number).name())
}
