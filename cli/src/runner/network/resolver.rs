//! The file `/etc/resolv.conf` (resolv.conf(5)).

use std::net::IpAddr;

use super::addresses::{HostAddresses, RESOLVER_V4, RESOLVER_V6};

/// The host's file.
pub const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The file of a container, made of the host's: all of it but the servers, which are not at these addresses there. pasta asks the
/// first of the host's servers of each version.
pub fn resolv_conf(of_host: &str, host: HostAddresses) -> String {
    let is_server = |line: &&str| line.split_whitespace().next() == Some("nameserver");
    let servers: Vec<IpAddr> =
        of_host.lines().filter(is_server).filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect();
    let kept =
        of_host.lines().filter(|line| matches!(line.split_whitespace().next(), Some("search" | "domain" | "options")));
    let mut lines: Vec<_> = kept.map(str::to_owned).collect();
    let own = [
        (servers.iter().any(IpAddr::is_ipv4) && host.v4.is_some(), IpAddr::from(RESOLVER_V4)),
        (servers.iter().any(IpAddr::is_ipv6) && host.v6.is_some(), RESOLVER_V6.into()),
    ];
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
        assert_eq!(
            resolv_conf(of_host, both),
            "search example.org\noptions edns0\nnameserver 169.254.1.1\nnameserver fd6f:6369:2d62::53\n"
        );
        assert_eq!(
            resolv_conf(of_host, HostAddresses { v6: None, ..both }),
            "search example.org\noptions edns0\nnameserver 169.254.1.1\n"
        );
        assert_eq!(resolv_conf("", both), "");
        assert_eq!(resolv_conf("nameserver fe80::1%eth0\n", both), "");
    }
}
