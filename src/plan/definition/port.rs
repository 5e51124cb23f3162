//! The argument `ports`: what the program listens on, and where the host hands it on to that.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::str::FromStr;

use crate::plan::diagnostics::{ArgumentError, Field};

/// A port that the program listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// Where the host hands it on; `None` for nowhere.
    pub published: Option<Published>,
}

/// What of the host is handed on to a port of the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// The address of the host; `None` for all.
    pub address: Option<IpAddr>,
    /// The port of the host.
    pub number: u16,
}

/// A protocol, as an image names it (image-spec, config.md, `ExposedPorts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Display for Protocol {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

impl Display for Port {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(Published { address, number }) = self.published {
            match address {
                Some(IpAddr::V6(address)) => write!(f, "[{address}]:")?,
                Some(address) => write!(f, "{address}:")?,
                None => {}
            }
            write!(f, "{number}:")?;
        }
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

/// What a port looks like, for messages.
pub const WANT: &str =
    "a port from 1 to 65535, such as 8080 or \"53/udp\", or [ADDRESS:]HOST:CONTAINER, such as \"127.0.0.1:8080:80\"";

impl FromStr for Port {
    type Err = ();

    /// `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, where an address of version 6 is in brackets.
    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0).ok_or(());
        let (text, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            _ => return Err(()),
        };
        let Some((host, container)) = text.rsplit_once(':') else {
            return Ok(Self { number: number(text)?, protocol, published: None });
        };
        let (address, host) = host.rsplit_once(':').map_or((None, host), |(address, host)| (Some(address), host));
        let address = address.map(parse_address).transpose()?;
        let published = Some(Published { address, number: number(host)? });
        Ok(Self { number: number(container)?, protocol, published })
    }
}

fn parse_address(text: &str) -> Result<IpAddr, ()> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match bracketed {
        Some(inner) => inner.parse().map(IpAddr::V6).map_err(drop),
        None => text.parse().map(IpAddr::V4).map_err(drop),
    }
}

impl Port {
    /// What of the host it takes, which no other port can take too: pasta(1) knows one port of the container for it, whatever the
    /// address.
    pub fn of_host(&self) -> Option<(Protocol, u16)> {
        Some((self.protocol, self.published?.number))
    }
}

/// Decodes the argument.
///
/// # Errors
/// An [`ArgumentError`] at the element that is none, or that cannot be published.
pub fn decode(field: &Field<'_>) -> Result<Vec<Port>, ArgumentError> {
    let mut ports: Vec<Port> = Vec::new();
    for field in field.list()? {
        let text = field.value().as_str().map_or_else(|| field.value().to_string(), str::to_owned);
        let port: Port = text.parse().map_err(|()| field.unwanted(WANT))?;
        if let Some((protocol, number)) = port.of_host() {
            if protocol == Protocol::Sctp {
                return Err(field.unwanted(WANT_PUBLISHED));
            }
            if let Some(first) = ports.iter().position(|other| other.of_host() == port.of_host()) {
                let problem = format!(
                    "publishes the port {number}/{protocol} of the host, as ports[{first}] does; want another port of the host"
                );
                return Err(ArgumentError::new(field.path(), problem));
            }
        }
        ports.push(port);
    }
    Ok(ports)
}

/// What can be published, for messages.
pub const WANT_PUBLISHED: &str = "a port of TCP or UDP where one of the host is named; leave that out";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_written_as_it_is_read() {
        for text in ["80/tcp", "8080:80/tcp", "127.0.0.1:8080:80/tcp", "[::1]:53:5353/udp", "9/sctp"] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), text);
        }
        assert_eq!("80".parse::<Port>().unwrap().to_string(), "80/tcp");
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in [
            "",
            "0",
            "65536",
            "80/http",
            "x:80",
            ":80",
            "8080:",
            "::1:80:80",
            "1.2.3:1:2",
            "[127.0.0.1]:1:2",
            "1:2:3:4",
            "80/tcp/udp",
        ] {
            assert_eq!(text.parse::<Port>(), Err(()), "{text}");
        }
    }
}
