use super::super::namespaces::draw_owner;
use super::*;

fn port(text: &str) -> Port {
    text.parse().unwrap()
}

fn words(privilege: Privilege, ports: &[&str]) -> String {
    let ports: Vec<_> = ports.iter().map(|text| port(text)).collect();
    let both = HostAddresses { v4: Some(CONTAINER_V4.into()), v6: Some(CONTAINER_V6.into()) };
    let owner = draw_owner(privilege).unwrap();
    arguments(
        &Namespaces { directory: Utf8Path::new("/run"), owner },
        &ports,
        Connected::new(both, false, "nameserver 192.0.2.53\n"),
    )
    .join(" ")
}

#[test]
fn only_what_is_published_is_handed_on() {
    let none = words(Privilege::Rootless, &[]);
    assert!(none.contains("--no-map-gw --tcp-ns none --udp-ns none"), "{none}");
    assert!(none.contains("--tcp-ports none --udp-ports none"), "{none}");
    assert!(none.ends_with("--netns-only"), "{none}");
    // Of a version without a server, pasta would hand on to the host's loopback.
    assert!(none.contains("--dns-forward 169.254.1.1") && !none.contains("--dns-forward fd6f:"), "{none}");
    let some = words(Privilege::Root, &["8080:80", "127.0.0.1:81:82", "[::1]:53:54/udp", "99"]);
    assert!(some.contains("--tcp-ports 8080:80 --tcp-ports 127.0.0.1/81:82 --udp-ports ::1/53:54 --pid"), "{some}");
    assert!(some.ends_with("/0/netns/user"), "{some}");
}

#[test]
fn a_port_that_is_taken_is_named_with_another_one() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let [tcp, udp] = [tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port()];
    let said = |text: String| check_ports(&[port(&text)]).unwrap_err().to_string();
    let found = said(format!("{tcp}:80"));
    assert!(found.starts_with(&format!("publishing {tcp}:80/tcp: port {tcp}/tcp of the host is taken; ")), "{found}");
    assert!(found.contains(&format!("--publish {}:80, ", tcp + 1)), "{found}");
    let found = said(format!("127.0.0.1:{udp}:53/udp"));
    assert!(found.contains(&format!("--publish 127.0.0.1:{}:53/udp, ", udp + 1)), "{found}");
    assert_eq!(
        said("203.0.113.99:1080:80".to_owned()),
        "publishing 203.0.113.99:1080:80/tcp: the host has no such address"
    );
    check_ports(&[port("80"), port("127.0.0.2:0:1".replace(":0:", &format!(":{tcp}:")).as_str())]).unwrap();
}

#[test]
fn what_pasta_says_last_is_said() {
    let host = HostAddresses { v4: Some([198, 51, 100, 7].into()), v6: None };
    let (failed, killed) = (ExitStatus::from_raw(1 << 8), ExitStatus::from_raw(9));
    assert_eq!(explain("a\n b \n\n", failed, host), "pasta: b");
    assert_eq!(explain("", failed, host), "pasta has ended early (exit status: 1)");
    assert_eq!(explain("a warning\n", killed, host), "pasta has ended early (signal: 9 (SIGKILL))");
    assert_eq!(explain("oci-bundle: making x: y\n", failed, host), "starting pasta: making x: y");
    assert_eq!(explain("External interface not usable\n", failed, host), "pasta: External interface not usable");
    let alone = explain("External interface not usable\n", failed, HostAddresses::default());
    assert!(alone.starts_with("pasta needs an interface with a route to the outside"), "{alone}");
}

#[test]
fn a_program_that_is_missing_is_named_with_its_package() {
    let nowhere = SearchPath::new("/nowhere".into());
    let said = |asked: Option<&str>| find(asked.map(Utf8Path::new), &nowhere).unwrap_err().to_string();
    assert!(said(None).contains("install the package passt"), "{}", said(None));
    assert_eq!(said(Some("")), said(None));
    assert!(said(Some("other")).starts_with("no program 'other'; --pasta and OCI_PASTA take a path"));
}

#[test]
fn a_host_of_one_version_of_ip_gives_that_one() {
    let of = |v4: bool, v6: bool, is_v4_alone: bool| {
        let host = HostAddresses { v4: v4.then_some(CONTAINER_V4.into()), v6: v6.then_some(CONTAINER_V6.into()) };
        let namespaces = Namespaces { directory: Utf8Path::new("/run"), owner: Some(7) };
        let words = arguments(&namespaces, &[], Connected::new(host, is_v4_alone, "")).join(" ");
        let has = |word: &str| words.contains(word);
        (has("--ipv4-only"), has("--ipv6-only"), has("10.0.2.100"), has("fd6f:6369:2d62::100"))
    };
    assert_eq!(of(true, true, false), (false, false, true, true));
    assert_eq!(of(true, false, false), (true, false, true, false));
    assert_eq!(of(false, true, false), (false, true, false, true));
    // A container that makes packets itself.
    assert_eq!(of(true, true, true), (true, false, true, false));
    assert_eq!(of(false, false, true), (true, false, true, false));
    // It says itself what is missing.
    assert_eq!(of(false, false, false), (false, false, true, true));
}
