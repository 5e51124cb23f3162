//! Good and bad values for the places of the runtime spec's schema, and documents that have them.

use serde_json::{Map, Value, json};

use crate::schema::json_schema::{Place, Schema, Step};

/// The name of an entry where any name will do: a network interface, a kernel parameter, a file of a cgroup.
pub const ENTRY: &str = "net.x";

/// Strings that match a pattern of the schema.
const MATCHES: [(&str, &[&str]); 4] = [
    (
        "^RLIMIT_[A-Z]+$",
        &[
            "RLIMIT_AS",
            "RLIMIT_CORE",
            "RLIMIT_CPU",
            "RLIMIT_DATA",
            "RLIMIT_FSIZE",
            "RLIMIT_LOCKS",
            "RLIMIT_MEMLOCK",
            "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE",
            "RLIMIT_NOFILE",
            "RLIMIT_NPROC",
            "RLIMIT_RSS",
            "RLIMIT_RTPRIO",
            "RLIMIT_RTTIME",
            "RLIMIT_SIGPENDING",
            "RLIMIT_STACK",
        ],
    ),
    ("^[cbup]$", &["c", "b", "u", "p"]),
    ("^[1-9][0-9]*[KMG]B$", &["64KB", "2MB", "1GB"]),
    (r"^MB:[^\n]*$", &["MB:0=20;1=70"]),
];

/// Places whose text in the spec says more than the schema, with values that are good by both.
const INSTEAD: [(&str, &str); 32] = [
    // config.md, "Specification version": a version, and the fields that come by default are older than the oldest.
    ("ociVersion", r#"["1.0.0", "1.3.0"]"#),
    // config.md, "Process": at least one; absolute.
    ("process.args", r#"[["x", "y"]]"#),
    ("process.cwd", r#"["/x"]"#),
    // IEEE Std 1003.1-2008, 8.1: environment variables.
    ("process.env[]", r#"["A=b", "A=", "A=b=c"]"#),
    ("hooks.*[].env[]", r#"["A=b"]"#),
    // capabilities(7).
    ("process.capabilities.*[]", r#"["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"]"#),
    // setresuid(2): the highest number means "no change".
    ("process.user.uid|gid", "[0, 4294967294]"),
    ("process.user.additionalGids[]", "[0, 4294967294]"),
    // sched-bwc.rst of the kernel: from 1 ms to 1 s, or unset; -1 is no limit. MAX_ERRNO of the kernel.
    ("linux.resources.cpu.period", "[1000, 1000000, 0]"),
    ("linux.resources.cpu.quota", "[1000, -1, 0, 9223372036854775807]"),
    ("linux.seccomp.defaultErrnoRet", "[0, 4095]"),
    ("linux.seccomp.syscalls[].errnoRet", "[0, 4095]"),
    // proc(5): from -1000 to 1000.
    ("process.oomScoreAdj", "[-1000, 1000]"),
    // user_namespaces(7): greater than 0, and the last id below 2^32 - 1.
    ("linux.*[].size", "[1, 65536]"),
    ("linux.*[].hostID", "[1, 0, 4294967294]"),
    // The process's user, which is 0 here, has to be there.
    ("linux.*[].containerID", "[0]"),
    // A runtime makes a device in what is mounted.
    ("linux.devices[].path", r#"["/dev/x"]"#),
    // config-linux.md, "Devices": the file modes are those of v1.3.0, where the schema of before has one more.
    ("*.devices[].fileMode", "[0, 511]"),
    // linux/kdev_t.h of the kernel: 12 and 20 bits. A rule has 32; -1 is all, and left out.
    ("linux.devices[].major", "[0, 4095]"),
    ("linux.devices[].minor", "[0, 1048575]"),
    ("linux.resources.devices[].major|minor", "[0, 4294967295]"),
    // seccomp_unotify(2): no process could start with SCMP_ACT_NOTIFY for all.
    (
        "linux.seccomp.defaultAction",
        r#"["SCMP_ACT_KILL", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG"]"#,
    ),
    // config-linux.md, "Allowed Device list": all, character or block; read, write, mknod.
    ("linux.resources.devices[].type", r#"["a", "b", "c"]"#),
    ("linux.resources.devices[].access", r#"["rwm", "r"]"#),
    // config-linux.md, "Memory" and "PIDs": a number, or -1; from 0 to 100.
    ("linux.resources.memory.swappiness", "[0, 100]"),
    ("linux.resources.pids.limit", "[-1, 1, 4194304]"),
    ("linux.resources.memory.kernel|kernelTCP|limit|reservation|swap", "[-1, 1, 9223372036854775807]"),
    // config-linux.md, "CPU": lists of numbers and ranges; 0 or 1.
    ("linux.resources.cpu.cpus|mems", r#"["0-3,7"]"#),
    ("linux.resources.cpu.idle", "[0, 1]"),
    // config-linux.md, "Seccomp": a syscall has six arguments.
    ("linux.seccomp.syscalls[].args[].index", "[0, 5]"),
    // config-linux.md, "Masked Paths" and "Readonly Paths": absolute.
    ("linux.maskedPaths[]|readonlyPaths[]", r#"["/x"]"#),
    // config-windows.md, "Credential Spec": whatever the implementation says.
    ("windows.credentialSpec", r#"[{"any": {"thing": [1]}}]"#),
];

/// Attributes that an object has to have by the spec's text, where the schema does not require them.
const INSIDE: [(&str, &str); 6] = [
    // config-linux.md, "Devices": unless the type is p.
    ("linux.devices[]", r#"{"major": 10, "minor": 229}"#),
    // The kernel takes no rule without it.
    ("linux.resources.devices[]", r#"{"access": "rwm"}"#),
    // config-linux.md, "Block IO": one of the weights; the rate.
    ("linux.resources.blockIO.weightDevice[]", r#"{"weight": 10}"#),
    ("linux.resources.blockIO.*[]", r#"{"rate": 10}"#),
    // config-linux.md, "RDMA": one of the two.
    ("linux.resources.rdma.*", r#"{"hcaHandles": 1}"#),
    // config-linux.md, "Personality".
    ("linux.personality", r#"{"domain": "LINUX"}"#),
];

/// Attributes that a field has to have next to it by the spec's text.
const NEXT_TO: [(&str, &str); 7] = [
    // config.md, "POSIX process", and getrlimit(2): the soft limit is not above the hard one.
    ("process.rlimits[].soft", r#"{"hard": 18446744073709551615}"#),
    ("process.rlimits[].hard", r#"{"soft": 0}"#),
    // config-linux.md, "Seccomp": only some actions take an error number; metadata is for a listener.
    ("linux.seccomp.defaultErrnoRet", r#"{"defaultAction": "SCMP_ACT_ERRNO"}"#),
    ("linux.seccomp.syscalls[].errnoRet", r#"{"action": "SCMP_ACT_TRACE"}"#),
    ("linux.seccomp.listenerMetadata", r#"{"listenerPath": "/x"}"#),
    // config-linux.md, "Memory": it counts memory and swap.
    ("linux.resources.memory.swap", r#"{"limit": 1}"#),
    // config-linux.md, "CPU": no larger than the quota.
    ("linux.resources.cpu.burst", r#"{"quota": -1}"#),
];

/// Objects that are there by default, with what is required of them.
const DEFAULTS: [&str; 3] = ["", "process", "root"];

/// What has to stand elsewhere in the document with a place, or with just this value of it.
const WITH: [(&str, Option<&str>, &str); 13] = [
    // capset(2): what is in effect has to be permitted, what is inheritable bounded.
    ("process.capabilities.effective", None, PERMITTED),
    ("process.capabilities.effective[]", None, PERMITTED),
    ("process.capabilities.inheritable", None, BOUNDED),
    ("process.capabilities.inheritable[]", None, BOUNDED),
    ("process.capabilities.permitted", None, NOTHING_IN_EFFECT),
    ("process.capabilities.permitted[]", None, NOTHING_IN_EFFECT),
    // config-linux.md, "User namespace mappings".
    (
        "linux.namespaces[].type",
        Some(r#""user""#),
        r#"{"linux": {"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}}"#,
    ),
    ("linux.uidMappings|gidMappings", None, USER_NAMESPACE),
    ("linux.uidMappings[]|gidMappings[]", None, USER_NAMESPACE),
    ("linux.*[].containerID|hostID|size", None, USER_NAMESPACE),
    // No runtime changes the host's name, or masks the host's files.
    ("linux.namespaces", None, LITTLE),
    ("linux.namespaces[]", None, LITTLE),
    ("linux.namespaces[].*", None, LITTLE),
];

const PERMITTED: &str = r#"{"process": {"capabilities": {"permitted": ["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"]}}}"#;

const BOUNDED: &str = r#"{"process": {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"]}}}"#;

const NOTHING_IN_EFFECT: &str = r#"{"process": {"capabilities": {"effective": []}}}"#;

const USER_NAMESPACE: &str = r#"{"linux": {"namespaces": [{"type": "user"}, {"type": "uts"}, {"type": "mount"}],
    "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
    "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}}"#;

/// No default that needs a namespace.
const LITTLE: &str = r#"{"hostname": null, "linux": {"maskedPaths": null, "readonlyPaths": null}}"#;

/// The places that the lists above name.
pub fn named() -> impl Iterator<Item = &'static str> {
    let with = WITH.iter().map(|(glob, _, _)| *glob);
    INSTEAD.iter().chain(&INSIDE).chain(&NEXT_TO).map(|(glob, _)| *glob).chain(with)
}

/// Good values for a place: every choice, both bounds, and else one.
pub fn good(schema: &Schema, place: &Place<'_>) -> Vec<Value> {
    let (pattern, shape) = (place.pattern(), place.shape());
    if let Some((_, values)) = INSTEAD.iter().find(|(glob, _)| matches(glob, &pattern)) {
        return parse(values).as_array().unwrap().clone();
    }
    if !shape.choices.is_empty() {
        return shape.choices.iter().copied().cloned().collect();
    }
    if let Some(asked) = shape.pattern {
        let found = MATCHES.iter().find(|(pattern, _)| *pattern == asked);
        let (_, values) = found.unwrap_or_else(|| panic!("no example of {asked}, for {pattern}"));
        return values.iter().map(|value| json!(value)).collect();
    }
    match shape.kind {
        Some("boolean") => vec![json!(true), json!(false)],
        Some("integer") => [json!(1)].into_iter().chain(shape.least.into_iter().chain(shape.most).cloned()).collect(),
        Some("string") if shape.definitions.contains("FilePath") => vec![json!("/x")],
        Some("string") => vec![json!("x")],
        Some("array") => {
            let items = schema.inside(place).into_iter().filter(|inner| inner.steps.last() == Some(&Step::Element));
            items.map(|items| json!([good(schema, &items)[0]])).collect()
        }
        Some("object") => vec![object(schema, place, None)],
        kind => panic!("no example for {pattern} of kind {kind:?}"),
    }
}

/// A value of the wrong kind for a place.
pub fn bad(place: &Place<'_>) -> Vec<Value> {
    match place.shape().kind {
        Some("boolean") => vec![json!("true"), json!(1), json!({})],
        // Digits are a number there.
        Some("integer") if place.is_uint64() => vec![json!("1x"), json!(1.5), json!(true), json!([])],
        Some("integer") => vec![json!("1"), json!(1.5), json!(true), json!([])],
        Some("string") => vec![json!(7), json!(false), json!(["x"]), json!({ "x": {} })],
        Some("array") => vec![json!("x"), json!(7), json!({ "x": 1 })],
        _ => vec![json!("x"), json!(7), json!([]), json!([7])],
    }
}

/// A patch that sets this value, with what has to stand next to it and elsewhere.
pub fn patch(schema: &Schema, place: &Place<'_>, value: Value) -> Value {
    let elsewhere = WITH
        .iter()
        .filter(|(glob, with, _)| matches(glob, &place.pattern()) && with.is_none_or(|with| parse(with) == value));
    let elsewhere: Vec<_> = elsewhere.map(|(_, _, document)| parse(document)).collect();
    let (mut place, mut value) = (place.clone(), value);
    while let Some(step) = place.steps.last().copied() {
        let parent = place.parent();
        value = match step {
            Step::Element => json!([value]),
            Step::Entry => json!({ ENTRY: value }),
            Step::Field(name) => object(schema, &parent, Some((name, &place, value))),
        };
        place = parent;
    }
    for document in elsewhere {
        add(&mut value, &document);
    }
    value
}

/// Adds to a patch what it does not have.
fn add(patch: &mut Value, other: &Value) {
    if let (Some(fields), Some(others)) = (patch.as_object_mut(), other.as_object()) {
        for (name, value) in others {
            add(fields.entry(name).or_insert_with(|| value.clone()), value);
        }
    }
}

/// An object with what is required of it, and this field, which has precedence.
fn object(schema: &Schema, place: &Place<'_>, field: Option<(&str, &Place<'_>, Value)>) -> Value {
    let mut object = Map::new();
    let pattern = place.pattern();
    for inner in schema.inside(place) {
        if let Some(Step::Field(name)) = inner.steps.last() {
            if place.shape().required.contains(name) && !DEFAULTS.contains(&pattern.as_str()) {
                object.insert((*name).to_owned(), good(schema, &inner)[0].clone());
            }
        }
    }
    let mut add = |table: &[(&str, &str)], pattern: &str| {
        if let Some((_, attributes)) = table.iter().find(|(glob, _)| matches(glob, pattern)) {
            object.extend(parse(attributes).as_object().unwrap().clone());
        }
    };
    add(&INSIDE, &pattern);
    if let Some((_, place, _)) = &field {
        add(&NEXT_TO, &place.pattern());
    }
    object.extend(field.map(|(name, _, value)| (name.to_owned(), value)));
    object.into()
}

/// A JSON merge patch (RFC 7396).
pub fn merge(document: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *document = patch.clone();
        return;
    };
    if !document.is_object() {
        *document = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            document.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut document[name], value);
        }
    }
}

/// Whether the pattern is one of those meant: `*` stands for any name, `|` separates names.
pub fn matches(glob: &str, pattern: &str) -> bool {
    let meant = |glob: &str, step: &str| match glob.strip_prefix('*') {
        Some(end) => step.strip_suffix(end).is_some_and(|name| !name.ends_with(']')),
        None => glob.split('|').any(|name| name == step),
    };
    let (globs, steps): (Vec<_>, Vec<_>) = (glob.split('.').collect(), pattern.split('.').collect());
    globs.len() == steps.len() && globs.iter().zip(steps).all(|(glob, step)| meant(glob, step))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
