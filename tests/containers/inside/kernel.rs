//! What the kernel says in a container: its names and its parameters.

use std::fs;

use crate::support::runtime::{self, Runtime};
use crate::support::script::container;

#[test]
fn the_hostname_is_the_one_asked_for_or_the_hosts() {
    let of_host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for (arguments, name) in [
        ("", "script\n"),
        (r#"hostname = "db.example";"#, "db.example\n"),
        (r#"config.hostname = "other.example";"#, "other.example\n"),
        ("config.hostname = null;", of_host.as_str()),
    ] {
        let bundle = container("uname --nodename; cat /proc/sys/kernel/hostname", arguments);
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), name.repeat(2), "{runtime:?}: {arguments}");
        }
    }
}

#[test]
fn the_domainname_is_the_one_asked_for() {
    let bundle = container("cat /proc/sys/kernel/domainname", r#"config.domainname = "example";"#);
    // runc before 1.2.0 does not know the field; `sysctl` does the same there.
    assert_eq!(Runtime::Crun.prints(&bundle), "example\n");
}

#[test]
fn parameters_are_set_in_the_containers_namespaces_alone() {
    // One each of the network, UTS and IPC namespaces.
    const PARAMETERS: [(&str, &str); 3] =
        [("net.ipv4.ip_unprivileged_port_start", "123"), ("kernel.domainname", "example.org"), ("kernel.shmmni", "77")];
    let files = PARAMETERS.map(|(name, _)| format!("/proc/sys/{}", name.replace('.', "/")));
    let settings: String = PARAMETERS.iter().map(|(name, value)| format!("\"{name}\" = \"{value}\"; ")).collect();
    let values: String = PARAMETERS.iter().map(|(_, value)| format!("{value}\n")).collect();
    let of_host = || -> String { files.iter().map(|file| fs::read_to_string(file).unwrap()).collect() };

    let before = of_host();
    let bundle = container(&format!("cat {}", files.join(" ")), &format!("config.linux.sysctl = {{ {settings} }};"));
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), values, "{runtime:?}");
        assert_eq!(of_host(), before, "{runtime:?}");
    }
    assert_ne!(before, values);
}
