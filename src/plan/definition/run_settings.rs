//! What a run or an image needs beyond the runtime specification: the arguments `health`, `init`, `network`, `ports`,
//! `stopSignal` and `volumes`.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::health::Health;
use super::init::Init;
use super::named_volume::NamedVolume;
use super::port::{self, Port};
use crate::plan::diagnostics::{ArgumentError, Field};

/// The annotation of config.json that keeps them for `oci-bundle run`.
pub const ANNOTATION: &str = "io.github.oci-bundle.run";

/// The arguments' names.
const NAMES: [&str; 6] = ["health", "init", "network", "ports", "stopSignal", "volumes"];

/// What the container has of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Nothing but its own loopback.
    Private,
    /// What an ordinary user of the host has: connections to the outside, names, and ports that are handed on.
    User,
    /// All that the host has.
    Host,
}

impl Network {
    /// Each with its name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("private", Self::Private), ("user", Self::User), ("host", Self::Host)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, network)| *network == self).map_or("", |(name, _)| name)
    }

    fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        let text = field.string()?;
        let named = Self::NAMED.iter().find(|(name, _)| *name == text);
        named.map(|(_, network)| *network).ok_or_else(|| field.unwanted_of(&Self::NAMED.map(|(name, _)| name)))
    }
}

/// The settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSettings {
    /// How to find out whether the program does what it is for.
    pub health: Option<Health>,
    /// What starts the program.
    pub init: Option<Init>,
    /// What the container has of the network; `None` for what the ports need.
    pub network: Option<Network>,
    /// The ports that the program listens on.
    pub ports: Vec<Port>,
    /// The signal that ends the program.
    pub stop_signal: Option<String>,
    /// The directories that are to be kept.
    pub volumes: Vec<NamedVolume>,
}

impl RunSettings {
    /// Decodes those of the arguments.
    ///
    /// # Errors
    /// The first [`ArgumentError`].
    pub fn decode(root: &Field<'_>) -> Result<Self, ArgumentError> {
        let settings = Self {
            health: root.get("health")?.map(|health| Health::decode(&health)).transpose()?,
            init: root.get("init")?.map_or(Ok(None), |init| Init::decode(&init))?,
            network: root.get("network")?.map(|network| Network::decode(&network)).transpose()?,
            ports: root.get("ports")?.map_or(Ok(Vec::new()), |ports| port::decode(&ports))?,
            stop_signal: decode_stop_signal(root)?,
            volumes: decode_volumes(root)?,
        };
        settings.check_network(root)?;
        Ok(settings)
    }

    /// Refuses a network in which nothing can be published beside a port that is.
    fn check_network(&self, root: &Field<'_>) -> Result<(), ArgumentError> {
        let published = self.ports.iter().enumerate().find(|(_, port)| port.published.is_some());
        let (Some(network), Some((index, port))) = (self.network, published) else { return Ok(()) };
        if network == Network::User {
            return Ok(());
        }
        let problem = format!(
            "found {:?}, but ports[{index}] publishes {port}, which takes \"user\"; leave 'network' out, or write {} there",
            network.name(),
            port.number
        );
        Err(ArgumentError::new(&root.path().attribute("network"), problem))
    }

    /// The value of the annotation; `None` if there is nothing to say.
    pub fn annotation(&self) -> Option<String> {
        let mut document = Map::new();
        let mut set = |name: &str, value: Option<Value>| value.map(|value| document.insert(name.to_owned(), value));
        set("health", self.health.as_ref().map(Health::document));
        set("init", self.init.as_ref().map(|init| json!(init.path())));
        set("network", self.network.map(|network| json!(network.name())));
        let ports: Vec<_> = self.ports.iter().map(Port::to_string).collect();
        set("ports", (!ports.is_empty()).then(|| json!(ports)));
        set("stopSignal", self.stop_signal.as_ref().map(|signal| json!(signal)));
        let volumes: Vec<_> = self.volumes.iter().map(NamedVolume::to_string).collect();
        set("volumes", (!volumes.is_empty()).then(|| json!(volumes)));
        (!document.is_empty()).then(|| Value::Object(document).to_string())
    }

    /// Reads the value of the annotation, which anybody may have written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_annotation(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).context("it is not JSON")?;
        let root = Field::root(&value);
        root.only(&NAMES, "setting of a run")?;
        Ok(Self::decode(&root)?)
    }
}

/// The signal (image-spec, config.md, `StopSignal`).
fn decode_stop_signal(root: &Field<'_>) -> Result<Option<String>, ArgumentError> {
    let Some(field) = root.get("stopSignal")? else { return Ok(None) };
    let signal = field.string()?;
    let name = signal.strip_prefix("SIG").filter(|name| !name.is_empty());
    let is_named =
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "+-".contains(c)));
    let is_numbered = signal.parse::<u8>().is_ok_and(|number| (1..=64).contains(&number));
    if is_named || is_numbered {
        Ok(Some(signal.to_owned()))
    } else {
        Err(field.unwanted("the name of a signal, such as \"SIGTERM\", or its number"))
    }
}

fn decode_volumes(root: &Field<'_>) -> Result<Vec<NamedVolume>, ArgumentError> {
    let Some(field) = root.get("volumes")? else { return Ok(Vec::new()) };
    let volume = |field: &Field<'_>| {
        NamedVolume::parse(field.string()?).map_err(|reason| ArgumentError::new(field.path(), reason))
    };
    field.list()?.iter().map(volume).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(arguments: Value) -> Result<RunSettings, String> {
        RunSettings::decode(&Field::root(&arguments)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_annotation_says_what_the_arguments_say() {
        let arguments = json!({
            "health": { "command": ["/bin/true"], "interval": 5, "retries": 1, "start": 2 },
            "init": "/bin/init",
            "network": "user",
            "ports": [80, "53/udp", "127.0.0.1:8080:80"],
            "stopSignal": "SIGQUIT",
            "volumes": ["/data", "cache:/var/cache"],
        });
        let settings = decode(arguments).unwrap();
        assert_eq!(RunSettings::from_annotation(&settings.annotation().unwrap()).unwrap(), settings);
        assert_eq!(decode(json!({})).unwrap().annotation(), None);
    }

    #[test]
    fn a_mistake_is_named() {
        for (arguments, said) in [
            (
                json!({ "network": "bridge" }),
                "network: found the string \"bridge\", want one of \"private\", \"user\", \"host\"",
            ),
            (json!({ "init": true }), "init: found true (a boolean), want the absolute path of an init"),
            (json!({ "init": "tini" }), "init: found the string \"tini\", want the absolute path of an init"),
            (
                json!({ "network": "host", "ports": [53, "127.0.0.1:8080:80"] }),
                "network: found \"host\", but ports[1] publishes 127.0.0.1:8080:80/tcp, which takes \"user\"; leave 'network' \
                 out, or write 80 there",
            ),
            (
                json!({ "network": "private", "ports": ["1:1"] }),
                "network: found \"private\", but ports[0] publishes 1:1/tcp",
            ),
            (json!({ "ports": ["1:1/sctp"] }), "ports[0]: found the string \"1:1/sctp\", want a port of TCP or UDP"),
            (json!({ "ports": ["1:1", "1:2/udp", "::1"] }), "ports[2]: found the string \"::1\""),
            (
                json!({ "ports": ["8080:80", "[::1]:8080:81"] }),
                "ports[1]: publishes the port 8080/tcp of the host, as ports[0] does; want another port of the host",
            ),
            (json!({ "health": {} }), "health.command: missing; want the command"),
            (json!({ "health": { "command": ["x"], "interval": 0 } }), "health.interval: found 0"),
            (json!({ "health": { "command": ["x"], "timeout": 1 } }), "health.timeout: no such attribute of health"),
            (json!({ "volumes": ["/srv:/data"] }), "volumes[0]: a directory of the host is no volume"),
            (json!({ "ports": [0] }), "ports[0]: found 0 (an integer), want a port from 1 to 65535"),
        ] {
            let found = decode(arguments).unwrap_err();
            assert!(found.starts_with(said), "{found}");
        }
        assert!(RunSettings::from_annotation("{\"privileged\":true}").is_err());
    }
}
