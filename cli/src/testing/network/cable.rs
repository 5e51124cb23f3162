//! What connects a container with the bridge: a pair of devices (veth(4)), one on the bridge, one in the container.

use std::fs;
use std::net::Ipv4Addr;

use anyhow::{Context, Result};

use super::namespace::Namespace;
use super::{Network, PREFIX_LENGTH};
use crate::netlink::{Device, LOOPBACK, Netlink};

/// The bridge.
pub const BRIDGE: Device<'static> = Device { name: "test0", index: 2, mac: [2, 0, 0, 0, 0, 1] };

/// The index of the first container's device on the bridge; the others follow.
const FIRST: u32 = 10;

/// The device in a container.
const INSIDE: u32 = 2;

/// Settings as Docker has them, as far as the ids of a container's user namespace allow: any user may listen on any port, and
/// may send echo requests (`ip-sysctl.rst`). Of each, the first that the kernel takes.
const SETTINGS: [(&str, &[&str]); 2] = [
    ("/proc/sys/net/ipv4/ip_unprivileged_port_start", &["0"]),
    ("/proc/sys/net/ipv4/ping_group_range", &["0 2147483647", "0 0"]),
];

/// The cable of a container.
#[derive(Clone, Copy, Debug)]
pub struct Cable(usize);

impl Cable {
    /// Of a container.
    pub fn new(number: usize) -> Self {
        Self(number)
    }

    /// The device on the bridge.
    pub fn name(self) -> String {
        format!("node{}", self.0)
    }

    /// Its index.
    pub fn index(self) -> u32 {
        FIRST + u32::try_from(self.0).unwrap_or_default()
    }

    /// The container's address.
    fn address(self) -> Ipv4Addr {
        Network::address(self.0)
    }

    /// Makes the devices, and sets up what is in the container.
    pub fn lay(self, netlink: &mut Netlink, namespace: &Namespace) -> Result<()> {
        let name = self.name();
        let outside = Device { name: &name, index: self.index(), mac: self.mac(0xfe) };
        let inside = Device { name: "eth0", index: INSIDE, mac: self.mac(0x02) };
        netlink.add_pair(&outside, BRIDGE.index, (&inside, namespace.descriptor()))?;
        namespace.enter(|netlink| {
            netlink.set_up(LOOPBACK)?;
            // The kernel would give it one by which those who are cut from each other still talk.
            netlink.keep_from_ipv6(INSIDE)?;
            netlink.add_address(INSIDE, self.address(), PREFIX_LENGTH)?;
            netlink.set_up(INSIDE)?;
            for (file, values) in SETTINGS {
                // What is not allowed stays as it is.
                let _ = values.iter().find(|value| fs::write(file, value).is_ok());
            }
            Ok(())
        })?;
        netlink.set_up(self.index()).context("connecting it with the bridge")
    }

    /// From another container: sends what is for this one to a place where nobody is.
    pub fn lose_from(self, netlink: &mut Netlink) -> Result<()> {
        netlink.set_neighbour(INSIDE, self.address(), self.mac(0x06))
    }

    /// Lets another container look for this one again.
    pub fn find_from(self, netlink: &mut Netlink) -> Result<()> {
        netlink.forget_neighbour(INSIDE, self.address())
    }

    /// One of its hardware addresses. They stay the same when a container is started again. Bit 1 of the first byte says that nobody
    /// has been given it (IEEE 802, "locally administered").
    fn mac(self, first: u8) -> [u8; 6] {
        let [a, b, c, d] = self.address().octets();
        [first, 0, a, b, c, d]
    }
}
