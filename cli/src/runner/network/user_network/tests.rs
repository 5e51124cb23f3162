use super::*;
use crate::runner::files::open_directory;

fn root(files: &[(&str, &str)]) -> (tempfile::TempDir, RootDir) {
    let folder = tempfile::TempDir::new().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("etc").join(name), text).unwrap();
    }
    let opened = open_directory(rustix::fs::CWD, folder.path()).unwrap();
    (folder, RootDir::new(opened))
}

fn files(config: &Value, of_bundle: &[(&str, &str)]) -> (bool, bool) {
    let (_folder, root) = root(of_bundle);
    let NetworkFiles { hosts, resolv_conf } = NetworkFiles::new(&RuntimeConfig::from(config.clone()), &root);
    (hosts, resolv_conf)
}

#[test]
fn what_the_user_has_put_there_stays() {
    let named = json!({ "hostname": "web" });
    let base = "127.0.0.1 localhost web\n::1 localhost web\n";
    assert_eq!(files(&named, &[]), (true, true));
    assert_eq!(files(&named, &[("hosts", base), ("resolv.conf", "")]), (true, true));
    assert_eq!(files(&named, &[("hosts", "10.0.0.1 db\n"), ("resolv.conf", "nameserver 10.0.0.1\n")]), (false, false));
    let mounted = json!({ "mounts": [{ "destination": "/etc/hosts" }] });
    assert_eq!(files(&mounted, &[]), (false, true));
    assert_eq!(files(&json!({ "mounts": [{ "destination": "/etc" }] }), &[]), (false, false));
}

#[test]
fn the_document_joins_the_namespace_of_the_run() {
    let network =
        UserNetwork { ports: Vec::new(), files: NetworkFiles { hosts: true, resolv_conf: false }, hostname: None };
    let mut config = RuntimeConfig::from(json!({
        "linux": { "namespaces": [{ "type": "network" }] },
        "mounts": [{ "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"] }],
    }));
    network.show_in(&mut config, Utf8Path::new("/run"));
    assert_eq!(config["linux"]["namespaces"], json!([{ "type": "network", "path": "/run/network/net" }]));
    assert_eq!(config["mounts"][0]["type"], "sysfs");
    assert_eq!(
        config["mounts"][1],
        json!({ "destination": "/etc/hosts", "type": "bind", "source": "/run/network/hosts",
            "options": ["bind", "rw", "nosuid", "nodev", "noexec"] })
    );
    // In a user namespace of its own it is not who owns the network.
    let mut config = RuntimeConfig::from(json!({
        "root": { "readonly": true },
        "linux": { "namespaces": [{ "type": "network" }, { "type": "user" }] },
        "mounts": [{ "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"] }],
    }));
    network.show_in(&mut config, Utf8Path::new("/run"));
    assert_eq!(
        config["mounts"][0],
        json!({ "destination": "/sys", "type": "none", "source": "/run/network/sys", "options": ["ro", "rbind"] })
    );
    assert_eq!(config["mounts"][1]["options"][1], "ro");
}
