//! Documents that differ from a good config.json in a few places, which keeps most of them JSON of almost the right shape.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::runs;

/// Something of everything that a run looks at.
fn good() -> Value {
    let ids = json!([
        { "containerID": 0, "hostID": 1000, "size": 1 }, { "containerID": 1, "hostID": 100_000, "size": 65_535 },
    ]);
    json!({
        "ociVersion": "1.0.2",
        "hostname": "it",
        "root": { "path": "rootfs", "readonly": false },
        "process": {
            "args": ["/bin/sh", "-c", "id"],
            "cwd": "/",
            "env": ["PATH=/bin", "A=1"],
            "terminal": true,
            "consoleSize": { "height": 1, "width": 1 },
            "oomScoreAdj": -5,
            "user": { "uid": 3, "gid": 4, "umask": 18, "additionalGids": [5, 6] },
            "capabilities": { "bounding": ["CAP_CHOWN"], "effective": ["CAP_KILL"], "permitted": [] },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024 }],
        },
        "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"] },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "gid=5"] },
            { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue" },
            { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"] },
            { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"] },
            { "destination": "/data", "type": "bind", "source": "/srv/data", "options": ["rbind", "ro"] },
            { "destination": "/home", "source": "rootfs/srv", "options": ["bind"], "uidMappings": ids, "gidMappings": ids },
        ],
        "hooks": { "poststop": [{ "path": "/bin/true", "args": ["true"] }] },
        "annotations": { "a": "b" },
        "linux": {
            "namespaces": [
                { "type": "pid" }, { "type": "mount" }, { "type": "user" }, { "type": "network", "path": "/run/netns/x" },
            ],
            "uidMappings": ids,
            "gidMappings": ids,
            "cgroupsPath": "/it",
            "sysctl": { "net.ipv4.ip_forward": "1" },
            "devices": [{ "path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0 }],
            "resources": {
                "memory": { "limit": 67_108_864 }, "pids": { "limit": 5 }, "cpu": { "cpus": "0" },
                "unified": { "memory.high": "5" }, "devices": [{ "allow": false, "access": "rwm" }],
                "hugepageLimits": [{ "pageSize": "2MB", "limit": 0 }],
            },
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"],
            "seccomp": { "defaultAction": "SCMP_ACT_ALLOW" },
        },
    })
}

/// What happens to one place of the document.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Replace(Value),
    /// Another number or text, where one is.
    Vary(Value, String),
    /// The value of another place.
    Copy(Index),
    Rename(String),
    Repeat,
}

fn text() -> impl Strategy<Value = String> {
    const TEXTS: [&str; 34] = [
        "",
        "/",
        "//",
        "//srv/x",
        "/../srv",
        "..",
        ".",
        "rootfs",
        "rootfs/../..",
        "/proc/self/fd/9",
        "a\0b",
        "a\nb",
        "\u{1b}[2J",
        "\u{202e}gpj",
        "\u{2028}",
        "\u{9b}31m",
        "\u{feff}",
        "user",
        "mount",
        "cgroup",
        "bind",
        "tmpfs",
        "rbind",
        "overlay",
        "gid=5",
        "gid=99999999999999999999",
        "gid=-1",
        "mode=777",
        "mode=77777777777777777777",
        "mode=-1",
        "mode=",
        "size=0",
        "CAP_SETUID",
        "c",
    ];
    prop_oneof![4 => select(&TEXTS[..]).prop_map(str::to_owned), 1 => ".{0,6}", 1 => Just("x/".repeat(5_000))]
}

fn number() -> impl Strategy<Value = Value> {
    select(vec![
        json!(-1),
        json!(0),
        json!(1),
        json!(65_536),
        json!(u32::MAX),
        json!(1_u64 << 32),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(u64::MAX - 1),
        json!(0.5),
        json!(1e308),
        json!(-0.0),
    ])
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(json!(null)), any::<bool>().prop_map(Value::from), number(), text().prop_map(Value::from)];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            (text(), inner).prop_map(|(name, value)| json!({ name: value })),
        ]
    })
}

fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let change = prop_oneof![
        2 => Just(Change::Remove),
        3 => value().prop_map(Change::Replace),
        6 => (number(), text()).prop_map(|(number, text)| Change::Vary(number, text)),
        2 => any::<Index>().prop_map(Change::Copy),
        1 => text().prop_map(Change::Rename),
        1 => Just(Change::Repeat),
    ];
    vec((any::<Index>(), change), 0..5)
}

/// Where every value of a document is, as JSON pointers (RFC 6901) have it.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let mut below =
        |name: &str, value| places(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
    match value {
        Value::Array(values) => (0..).zip(values).for_each(|(n, value): (usize, _)| below(&n.to_string(), value)),
        Value::Object(map) => map.iter().for_each(|(name, value)| below(name, value)),
        _ => {}
    }
}

fn changed(mut document: Value, changes: &[(Index, Change)]) -> Value {
    for (index, change) in changes {
        let mut found = Vec::new();
        places(&document, "", &mut found);
        let place = &found[index.index(found.len())];
        match change {
            Change::Replace(value) => *document.pointer_mut(place).unwrap() = value.clone(),
            Change::Vary(number, text) => match document.pointer_mut(place).unwrap() {
                old @ Value::Number(_) => *old = number.clone(),
                old @ Value::String(_) => *old = text.as_str().into(),
                _ => {}
            },
            Change::Copy(of) => {
                let value = document.pointer(&found[of.index(found.len())]).unwrap().clone();
                *document.pointer_mut(place).unwrap() = value;
            }
            Change::Remove | Change::Rename(_) | Change::Repeat => {
                let Some((parent, name)) = place.rsplit_once('/') else { continue };
                change_in(document.pointer_mut(parent).unwrap(), &name.replace("~1", "/").replace("~0", "~"), change);
            }
        }
    }
    document
}

/// Changes what is below a name of an object, or at a number of a list.
fn change_in(parent: &mut Value, name: &str, change: &Change) {
    match parent {
        Value::Object(map) => {
            let value = map.remove(name).unwrap();
            match change {
                Change::Rename(new) => drop(map.insert(new.clone(), value)),
                Change::Repeat => drop(map.insert(name.to_owned(), json!([value, value]))),
                _ => {}
            }
        }
        Value::Array(values) => {
            let at = name.parse().unwrap();
            let value: Value = values.remove(at);
            if !matches!(change, Change::Remove) {
                values.extend([value.clone(), value]);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn changed_documents_are_planned_or_refused(changes in changes()) {
        runs::plan(changed(good(), &changes).to_string().as_bytes());
    }
}

#[test]
fn a_good_document_and_its_places() {
    let document = good();
    runs::plan(document.to_string().as_bytes());
    let mut found = Vec::new();
    places(&document, "", &mut found);
    assert!(found.len() > 100 && found.iter().all(|place| document.pointer(place).is_some()), "{found:?}");
}
