//! What a network is connected with.

use super::addresses::HostAddresses;
use super::resolver::Servers;

/// What a network is connected with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The host's addresses of the versions of IP that the network may have.
    pub host: HostAddresses,
    /// Whether it has IPv4 alone, whatever the host has.
    pub is_v4_alone: bool,
    /// The host's servers for names.
    pub servers: Servers,
}

impl Connected {
    /// With what the host has, and what its resolv.conf(5) says.
    pub fn new(host: HostAddresses, is_v4_alone: bool, resolv_conf: &str) -> Self {
        let host = if is_v4_alone { HostAddresses { v6: None, ..host } } else { host };
        Self { host, is_v4_alone, servers: Servers::new(resolv_conf, host) }
    }
}
