//! The servers for names, and the file `/etc/resolv.conf` that says them (resolv.conf(5)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::addresses::{HostAddresses, RESOLVER_V4, RESOLVER_V6};

/// The host's file.
pub const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The servers that pasta hands on to: the first of the host's of each version of IP that the network has. For one that has none, pasta
/// is to hand on nothing: it would take the host's loopback for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    /// Of version 4.
    pub v4: Option<Ipv4Addr>,
    /// Of version 6.
    pub v6: Option<Ipv6Addr>,
}

impl Servers {
    /// Those that the host's file says.
    pub fn new(of_host: &str, host: HostAddresses) -> Self {
        let is_server = |line: &&str| line.split_whitespace().next() == Some("nameserver");
        let servers =
            of_host.lines().filter(is_server).filter_map(|line| line.split_whitespace().nth(1)?.parse::<IpAddr>().ok());
        let mut first = Self::default();
        for server in servers {
            match server {
                // The address that is none is this host's.
                IpAddr::V4(server) if server.is_unspecified() => first.v4 = first.v4.or(Some(Ipv4Addr::LOCALHOST)),
                IpAddr::V6(server) if server.is_unspecified() => first.v6 = first.v6.or(Some(Ipv6Addr::LOCALHOST)),
                IpAddr::V4(server) => first.v4 = first.v4.or(Some(server)),
                IpAddr::V6(server) => first.v6 = first.v6.or(Some(server)),
            }
        }
        Self { v4: first.v4.filter(|_| host.v4.is_some()), v6: first.v6.filter(|_| host.v6.is_some()) }
    }

    /// The file that pasta reads, in the one form that every version of it knows.
    pub fn resolv_conf(self) -> String {
        let servers = self.v4.map(IpAddr::from).into_iter().chain(self.v6.map(IpAddr::from));
        servers.flat_map(|server| ["nameserver ".to_owned(), server.to_string(), "\n".to_owned()]).collect()
    }
}

/// The file of a container, made of the host's: all of it but the servers, which are not at these addresses there.
pub fn resolv_conf(of_host: &str, servers: Servers) -> String {
    let kept =
        of_host.lines().filter(|line| matches!(line.split_whitespace().next(), Some("search" | "domain" | "options")));
    let mut lines: Vec<_> = kept.map(str::to_owned).collect();
    let own = [(servers.v4.is_some(), IpAddr::from(RESOLVER_V4)), (servers.v6.is_some(), RESOLVER_V6.into())];
    lines.extend(own.into_iter().filter(|(is_there, _)| *is_there).map(|(_, address)| format!("nameserver {address}")));
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_are_those_that_hand_on_to_the_hosts() {
        let both = HostAddresses { v4: Some([198, 51, 100, 7].into()), v6: Some("2001:db8::7".parse().unwrap()) };
        let of_host =
            "# of the host\nnameserver 127.0.0.53\n  nameserver\t2001:db8::53\nsearch example.org\noptions edns0\n";
        let files = |of_host: &str, host| {
            let servers = Servers::new(of_host, host);
            (resolv_conf(of_host, servers), servers.resolv_conf())
        };
        assert_eq!(
            files(of_host, both),
            (
                "search example.org\noptions edns0\nnameserver 169.254.1.1\nnameserver fd6f:6369:2d62::53\n".to_owned(),
                "nameserver 127.0.0.53\nnameserver 2001:db8::53\n".to_owned()
            )
        );
        assert_eq!(
            files(of_host, HostAddresses { v6: None, ..both }),
            (
                "search example.org\noptions edns0\nnameserver 169.254.1.1\n".to_owned(),
                "nameserver 127.0.0.53\n".to_owned()
            )
        );
        assert_eq!(files("nameserver ::\nnameserver 0.0.0.0\n", both).1, "nameserver 127.0.0.1\nnameserver ::1\n");
        assert_eq!(files("", both), (String::new(), String::new()));
        assert_eq!(files("nameserver fe80::1%eth0\n", both), (String::new(), String::new()));
    }
}
