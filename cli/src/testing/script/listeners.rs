//! Who listens in a network namespace, as its tables of sockets say (`proc_net(5)`).

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A port, such as 8080 or 53/udp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Whether it is of UDP, and not of TCP.
    pub is_udp: bool,
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let number = number.parse().ok().filter(|number| *number > 0);
        match (number, protocol) {
            (Some(number), "tcp") => Ok(Self { number, is_udp: false }),
            (Some(number), "udp") => Ok(Self { number, is_udp: true }),
            _ => Err("want a port from 1 to 65535, such as 8080 or 53/udp".to_owned()),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.number, if self.is_udp { "/udp" } else { "" })
    }
}

/// The ports that are open in the network namespace of a process.
pub fn open_ports(pid: i32) -> BTreeSet<Port> {
    let mut ports = BTreeSet::new();
    for (table, is_udp) in [("tcp", false), ("tcp6", false), ("udp", true), ("udp6", true)] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        ports.extend(listening(&text, is_udp).map(|number| Port { number, is_udp }));
    }
    ports
}

/// The ports of the sockets of a table that wait for somebody: in the state LISTEN, or without another end.
fn listening(table: &str, is_udp: bool) -> impl Iterator<Item = u16> {
    let state = if is_udp { "07" } else { "0A" };
    table.lines().filter_map(move |line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, _, found) = (fields.next()?, fields.next()?, fields.next()?);
        let port = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
        (found == state).then_some(port)
    })
}

#[cfg(test)]
mod tests;
