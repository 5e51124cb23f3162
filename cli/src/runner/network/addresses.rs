//! The addresses in a network that pasta connects.
//!
//! They are not the host's, so that the host's own are those of the host in a container, too. No host has these by accident: the ones
//! of version 4 are from the part that QEMU and slirp4netns use, the ones of version 6 are unique local ones (RFC 4193).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The container's.
pub const CONTAINER_V4: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 100);
/// Its netmask.
pub const NETMASK: &str = "24";
/// Where all else is.
pub const GATEWAY_V4: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
/// Who answers for names: pasta hands on what is sent there to the host's resolver.
pub const RESOLVER_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);
/// The container's.
pub const CONTAINER_V6: Ipv6Addr = Ipv6Addr::new(0xfd6f, 0x6369, 0x2d62, 0, 0, 0, 0, 0x100);
/// Where all else is.
pub const GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
/// Who answers for names.
pub const RESOLVER_V6: Ipv6Addr = Ipv6Addr::new(0xfd6f, 0x6369, 0x2d62, 0, 0, 0, 0, 0x53);

/// The host's addresses that its connections to the outside come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostAddresses {
    /// Of version 4; none if there is no route.
    pub v4: Option<IpAddr>,
    /// Of version 6.
    pub v6: Option<IpAddr>,
}

impl HostAddresses {
    /// Those of the network namespace that this process is in. Nothing is sent.
    pub fn find() -> Self {
        // Of documentation (RFC 5737, RFC 3849): what matters is that they are nowhere near.
        let v4 = source_of((Ipv4Addr::UNSPECIFIED, 0).into(), (Ipv4Addr::new(203, 0, 113, 1), 9).into());
        let far = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0xffff, 0, 0, 0, 1);
        Self { v4, v6: source_of((Ipv6Addr::UNSPECIFIED, 0).into(), (far, 9).into()) }
    }
}

/// The address that a packet to there would come from.
fn source_of(any: SocketAddr, to: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(to).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}
