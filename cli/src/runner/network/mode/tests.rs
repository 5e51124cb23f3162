use super::*;

fn ports(texts: &[&str]) -> Vec<Port> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn options(network: Option<Network>, publish: &[&str]) -> NetworkOptions {
    NetworkOptions { network, publish: ports(publish), pasta: None }
}

fn settings(network: Option<Network>, of_bundle: &[&str]) -> RunSettings {
    RunSettings { network, ports: ports(of_bundle), ..RunSettings::default() }
}

fn mode(options: &NetworkOptions, settings: &RunSettings) -> Mode {
    Mode::new(options, settings).unwrap().0
}

#[test]
fn the_command_line_wins_over_the_bundle() {
    let none = options(None, &[]);
    assert_eq!(mode(&none, &settings(None, &["80"])), Mode::Unchanged);
    assert_eq!(mode(&none, &settings(Some(Network::Host), &["80"])), Mode::Host);
    assert_eq!(mode(&none, &settings(None, &["1:80", "81"])), Mode::User(ports(&["1:80"])));
    assert_eq!(mode(&options(Some(Network::User), &[]), &settings(Some(Network::Host), &[])), Mode::User(Vec::new()));
    assert_eq!(mode(&options(None, &["1:80"]), &settings(Some(Network::Private), &[])), Mode::User(ports(&["1:80"])));
    let (mode, line) = Mode::new(&options(Some(Network::Private), &[]), &settings(None, &["1:80"])).unwrap();
    assert_eq!((mode, line.as_deref()), (Mode::Private, Some("not published: 1:80/tcp, as --network is 'private'")));
}

#[test]
fn a_port_of_the_command_line_takes_the_place_of_the_bundles() {
    let of_bundle = settings(None, &["1:80", "2:81", "3:82/udp"]);
    let found = mode(&options(None, &["9:80", "2:99", "7:82"]), &of_bundle);
    assert_eq!(found, Mode::User(ports(&["3:82/udp", "9:80", "2:99", "7:82"])));
}

#[test]
fn what_cannot_be_is_said() {
    for (network, publish, said) in [
        (
            Some(Network::Host),
            &["1:80"][..],
            "--publish: publishing 1:80/tcp takes the network 'user', and --network is 'host'; leave one of them out",
        ),
        (
            None,
            &["1:80", "[::1]:1:81"],
            "--publish: the port of the host in '[::1]:1:81/tcp' is published twice; want another one",
        ),
        (None, &["1:80/sctp"], "--publish: '1:80/sctp': SCTP cannot be published, want TCP or UDP"),
    ] {
        let error = Mode::new(&options(network, publish), &RunSettings::default()).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn a_document_gets_the_namespace_or_loses_it() {
    let own = json!({ "linux": { "namespaces": [{ "type": "pid" }, { "type": "network", "path": "/x" }],
        "sysctl": { "net.ipv4.ip_forward": "1", "kernel.msgmax": "1" } } });
    let apply = |mode: Mode, document: &Value| {
        let mut config = RuntimeConfig::from(document.clone());
        let dropped = mode.apply(&mut config);
        (config.as_value().clone(), dropped.is_some())
    };
    assert_eq!(apply(Mode::Unchanged, &own), (own.clone(), false));
    let (host, has_dropped) = apply(Mode::Host, &own);
    assert_eq!(host, json!({ "linux": { "namespaces": [{ "type": "pid" }], "sysctl": { "kernel.msgmax": "1" } } }));
    assert!(has_dropped);
    let (private, _) = apply(Mode::Private, &own);
    assert_eq!(private["linux"]["namespaces"], json!([{ "type": "pid" }, { "type": "network" }]));
    // The host's /sys is that of its network.
    let host = json!({ "mounts": [{ "destination": "/sys", "type": "none", "source": "/sys", "options": ["rbind"] }] });
    let (user, _) = apply(Mode::User(Vec::new()), &host);
    assert_eq!(user["linux"]["namespaces"], json!([{ "type": "network" }]));
    assert_eq!(user["mounts"][0]["type"], "sysfs");
    // What is no document, is for others to say.
    assert_eq!(apply(Mode::Private, &json!({ "linux": 1 })).0, json!({ "linux": 1 }));
}
