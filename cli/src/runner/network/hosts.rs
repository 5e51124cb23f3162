//! The file `/etc/hosts` (hosts(5)).

use std::fmt::Write as _;
use std::net::IpAddr;

use super::addresses::{CONTAINER_V4, CONTAINER_V6, HostAddresses};

/// The names of the host, as Podman and Docker have them.
const HOST: &str = "host.containers.internal host.docker.internal";

/// The file of a container with this name: itself, and the host it runs on.
pub fn hosts(hostname: Option<&str>, host: HostAddresses) -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
    let mut add = |address: IpAddr, names: &str| {
        let _ = writeln!(text, "{address} {names}");
    };
    if let Some(name) = hostname {
        if host.v4.is_some() {
            add(CONTAINER_V4.into(), name);
        }
        if host.v6.is_some() {
            add(CONTAINER_V6.into(), name);
        }
        // It has no address that anybody else could reach.
        if host == HostAddresses::default() {
            add(IpAddr::from([127, 0, 0, 1]), name);
        }
    }
    for address in [host.v4, host.v6].into_iter().flatten() {
        add(address, HOST);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_knows_itself_and_the_host() {
        let host = HostAddresses { v4: Some([198, 51, 100, 7].into()), v6: None };
        assert_eq!(
            hosts(Some("web"), host),
            "127.0.0.1 localhost\n::1 localhost\n10.0.2.100 web\n\
             198.51.100.7 host.containers.internal host.docker.internal\n"
        );
        assert_eq!(hosts(None, HostAddresses::default()), "127.0.0.1 localhost\n::1 localhost\n");
        assert!(hosts(Some("web"), HostAddresses::default()).ends_with("127.0.0.1 web\n"));
    }
}
