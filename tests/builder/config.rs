//! The argument `config`: what passes, and the version that it asks for.

use serde_json::{Value, json};

use crate::derivation::Derivation;

/// A derivation whose argument `config` is this JSON.
pub fn with_config(config: &str) -> Derivation {
    let config: Value = serde_json::from_str(config).unwrap();
    // The default filter asks for a version of its own.
    Derivation::new(json!({ "args": ["x"], "config": config, "seccomp": null }))
}

/// Checks what is said of each patch, after `buildContainer: config.`.
pub fn fails_with(mistakes: &[(&str, &str)]) {
    for (config, message) in mistakes {
        with_config(config).fails_with(&format!("buildContainer: config.{message}"));
    }
}

/// Patches, with the version of the spec that they need. `tests/containers/schema/fields.rs` has the fields of the schema that
/// Debian has, each alone; those that are newer have to be here.
#[rustfmt::skip]
const GOOD: [(&str, &str); 57] = [
    // process.ioPriority
    (r#"{"process": {"ioPriority": {"class": "IOPRIO_CLASS_RT", "priority": 0}}}"#, "1.1.0"),
    (r#"{"process": {"ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 1}}}"#, "1.1.0"),
    (r#"{"process": {"ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 7}}}"#, "1.1.0"),
    // process.scheduler
    (r#"{"process": {"scheduler": {"policy": "SCHED_OTHER", "nice": -20, "priority": 0}}}"#, "1.1.0"),
    (r#"{"process": {"scheduler": {"policy": "SCHED_BATCH", "nice": 19}}}"#, "1.1.0"),
    (r#"{"process": {"scheduler": {"policy": "SCHED_FIFO", "priority": 99}}}"#, "1.1.0"),
    (r#"{"process": {"scheduler": {"policy": "SCHED_RR", "priority": 1}}}"#, "1.1.0"),
    (r#"{"process": {"scheduler": {"policy": "SCHED_ISO"}}}"#, "1.1.0"),
    (r#"{"process": {"scheduler": {"policy": "SCHED_IDLE", "flags": []}}}"#, "1.1.0"),
    (
        r#"{"process": {"scheduler": {"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 2, "period": 18446744073709551615, "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX"]}}}"#,
        "1.1.0",
    ),
    // process.execCPUAffinity
    (r#"{"process": {"execCPUAffinity": {"initial": "0", "final": "0-1"}}}"#, "1.2.1"),
    (r#"{"process": {"execCPUAffinity": {"initial": "0, 2-3", "final": ""}}}"#, "1.2.1"),
    // linux.namespaces, linux.timeOffsets
    (
        r#"{"linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}, {"type": "pid"}, {"type": "user", "path": "/proc/1/ns/user"}, {"type": "time"}, {"type": "cgroup"}, {"type": "network", "path": "/x"}]}}"#,
        "1.1.0",
    ),
    (
        r#"{"hostname": null, "linux": {"namespaces": [{"type": "time"}, {"type": "mount"}], "timeOffsets": {"monotonic": {"secs": -1, "nanosecs": 0}, "boottime": {"secs": 9223372036854775807, "nanosecs": 999999999}}}}"#,
        "1.1.0",
    ),
    (r#"{"linux": {"timeOffsets": {}}}"#, "1.1.0"),
    // linux.netDevices, linux.intelRdt, linux.memoryPolicy
    (r#"{"linux": {"netDevices": {"eth0": {"name": "c%d"}, "eth1": {}}}}"#, "1.3.0"),
    (
        r#"{"linux": {"intelRdt": {"schemata": ["L3:0=f", "MB:0=20"], "enableMonitoring": true, "closID": "/", "memBwSchema": "MB:0=20"}}}"#,
        "1.3.0",
    ),
    (r#"{"linux": {"intelRdt": {"enableCMT": true, "enableMBM": false, "l3CacheSchema": "L3:0=f"}}}"#, "1.1.0"),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_DEFAULT"}}}"#, "1.3.0"),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0"}}}"#, "1.3.0"),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_INTERLEAVE", "nodes": "2-3", "flags": ["MPOL_F_STATIC_NODES"]}}}"#, "1.3.0"),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_WEIGHTED_INTERLEAVE", "nodes": "0-3,7"}}}"#, "1.3.0"),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_PREFERRED", "flags": []}}}"#, "1.3.0"),
    (
        r#"{"linux": {"memoryPolicy": {"mode": "MPOL_PREFERRED_MANY", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES"]}}}"#,
        "1.3.0",
    ),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_LOCAL", "nodes": ""}}}"#, "1.3.0"),
    // linux.seccomp
    (r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_RISCV64"]}}}"#, "1.1.0"),
    (
        r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB"]}}}"#,
        "1.2.1",
    ),
    (
        r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/x", "listenerMetadata": "y", "syscalls": [{"names": ["getcwd", "no_such_call"], "action": "SCMP_ACT_TRACE", "errnoRet": 1, "args": [{"index": 5, "value": 18446744073709551615, "valueTwo": 2, "op": "SCMP_CMP_EQ"}]}]}}}"#,
        "1.1.0",
    ),
    // windows.resources.cpu.affinity: a list by the text, an object by the schema.
    (r#"{"windows": {"layerFolders": ["c"], "resources": {"cpu": {"affinity": [{"mask": 1, "group": 0}]}}}}"#, "1.2.1"),
    (r#"{"windows": {"layerFolders": ["c"], "resources": {"cpu": {"affinity": {"mask": 1, "group": 0}}}}}"#, "1.2.1"),
    // vm.hwConfig
    (
        r#"{"vm": {"kernel": {"path": "/k"}, "hwConfig": {"deviceTree": "/d", "vcpus": 1, "memory": 4194304, "dtdevs": ["x"], "iomems": [{"firstMFN": 1, "nrMFNs": 1}, {"firstGFN": 3, "firstMFN": 2, "nrMFNs": 18446744073709551615}], "irqs": [11, 22]}}}"#,
        "1.3.0",
    ),
    (r#"{"vm": {"kernel": {"path": "/k"}, "hwconfig": {}}}"#, "1.3.0"),
    // zos
    (r#"{"zos": {"namespaces": [{"type": "pid"}, {"type": "mount", "path": "/x"}, {"type": "uts"}, {"type": "ipc"}]}}"#, "1.2.1"),
    (r#"{"zos": {"devices": [{"path": "/dev/x", "type": "c", "major": 1, "minor": 2}]}}"#, "1.1.0"),
    // freebsd
    (r#"{"freebsd": {"devices": [{"path": "pf", "mode": 448}, {"path": "x"}]}}"#, "1.3.0"),
    (
        r#"{"freebsd": {"jail": {"parent": "x", "host": "new", "ip4": "disable", "ip4Addr": ["10.0.0.1"], "ip6": "new", "ip6Addr": ["fd10::1"], "vnet": "inherit", "interface": "em0", "vnetInterfaces": ["e0b"], "sysvmsg": "new", "sysvsem": "inherit", "sysvshm": "disable", "enforceStatfs": 2}}}"#,
        "1.3.0",
    ),
    (
        r#"{"freebsd": {"jail": {"allow": {"setHostname": true, "rawSockets": true, "chflags": true, "mount": ["tmpfs"], "quotas": true, "socketAf": true, "mlock": true, "reservedPorts": false, "suser": false}}}}"#,
        "1.3.0",
    ),
    // What a template has for "unset", what a tracer is told, and a capability that stands there twice.
    (r#"{"linux": {"resources": {"cpu": {"period": 0, "quota": 0, "shares": 0}}}}"#, "1.0.0"),
    (r#"{"linux": {"resources": {"cpu": {"period": 1000, "quota": 1000}, "memory": {"limit": 9, "swap": 9}}}}"#, "1.0.0"),
    (r#"{"linux": {"resources": {"memory": {"limit": -1, "swap": -1}}}}"#, "1.0.0"),
    (r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 65535}}}"#, "1.1.0"),
    (r#"{"process": {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_CHOWN"], "inheritable": ["CAP_CHOWN"]}}}"#, "1.0.0"),
    // Several at once, and what is not a field.
    (
        r#"{"linux": {"resources": {"unified": {"memory.high": "1"}, "cpu": {"idle": 1, "burst": 1}, "memory": {"checkBeforeUpdate": true, "limit": 1, "useHierarchy": true}, "rdma": {"mlx": {"hcaHandles": 1}}, "pids": {"limit": 5}, "blockIO": {"weight": 10}, "hugepageLimits": [{"pageSize": "2MB", "limit": 1}], "network": {"classID": 1}}}}"#,
        "1.1.0",
    ),
    (
        r#"{"linux": {"sysctl": {"net.x": "1"}, "cgroupsPath": "/x", "rootfsPropagation": "slave", "mountLabel": "x", "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}, {"path": "/dev/pipe", "type": "p"}]}}"#,
        "1.0.0",
    ),
    (
        r#"{"hooks": {"createRuntime": [{"path": "/x", "args": ["a"], "env": ["A=b"], "timeout": 1}], "prestart": [{"path": "/x"}]}}"#,
        "1.0.2",
    ),
    (r#"{"annotations": {"a": "b", "org.opencontainers.image.stopSignal": "SIGRTMIN+3"}}"#, "1.0.0"),
    (r#"{"domainname": "x"}"#, "1.1.0"),
    // Required by the schema, optional by the text.
    (r#"{"linux": {"resources": {"pids": {}}}}"#, "1.0.0"),
    (r#"{"linux": {"personality": {"domain": "LINUX32"}}}"#, "1.0.2"),
    (r#"{"windows": {"layerFolders": ["c"], "devices": [{"id": "x", "idType": "class"}]}}"#, "1.0.2"),
    (r#"{"solaris": {"milestone": "x"}}"#, "1.0.0"),
    (r#"{"linux": {"namespaces": [{"type": "user", "path": "/x"}, {"type": "uts"}, {"type": "mount"}], "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]}}"#, "1.0.0"),
    (r#"{"process": {"noNewPrivileges": null, "rlimits": null}}"#, "1.0.0"),
    (r#"{"ociVersion": "1.2.0"}"#, "1.2.0"),
    // As `runc spec` writes it, and a candidate of a release.
    (r#"{"ociVersion": "1.0.2-dev", "hooks": {"createRuntime": [{"path": "/x"}]}}"#, "1.0.2-dev"),
    (r#"{"ociVersion": "1.1.0-rc.1", "domainname": "x"}"#, "1.1.0-rc.1"),
    (r#"{"process": {"user": {"username": "x"}}}"#, "1.0.0"),
];

/// Whether `document` has everything that `patch` sets.
fn has(document: &Value, patch: &Value) -> bool {
    match (document, patch) {
        (_, Value::Null) => document.is_null(),
        (Value::Object(_), Value::Object(fields)) => fields.iter().all(|(name, value)| has(&document[name], value)),
        (found, wanted) => found == wanted,
    }
}

#[test]
fn every_part_of_the_spec_passes_with_the_lowest_version_that_has_it() {
    for (config, version) in GOOD {
        let document = with_config(config).succeeds();
        assert_eq!(document["ociVersion"], version, "{config}");
        assert!(has(&document, &serde_json::from_str(config).unwrap()), "{config}: {document}");
    }
}

#[test]
fn a_string_that_linux_hands_on_to_no_program_is_refused() {
    let longest = "a".repeat(131_071);
    let longer = "a".repeat(131_072);
    Derivation::new(json!({ "args": ["x", longest] })).succeeds();
    for (container, attribute) in [
        (json!({ "args": ["x", longer] }), "args[1]"),
        (json!({ "args": ["x"], "env": { "A": longest } }), "env.A"),
        (json!({ "args": ["x"], "env": [format!("A={longest}")] }), "env[0]"),
        (json!({ "args": ["x"], "config": { "process": { "args": [longer] } } }), "config.process.args[0]"),
    ] {
        let length = if attribute.starts_with("env") { 131_073 } else { 131_072 };
        Derivation::new(container).fails_with(&format!(
            "buildContainer: {attribute}: found a string of {length} bytes, want at most 131071, the longest that \
             Linux passes on"
        ));
    }
}

#[test]
fn a_number_of_64_bits_is_written_in_three_ways() {
    for (written, number) in [
        ("-1", u64::MAX),
        ("-100", 18_446_744_073_709_551_516),
        (r#""18446744073709551516""#, 18_446_744_073_709_551_516),
        ("18446744073709551516", 18_446_744_073_709_551_516),
    ] {
        let document = with_config(&format!(
            r#"{{
                "process": {{ "rlimits": [{{ "type": "RLIMIT_CORE", "soft": 0, "hard": {written} }}] }},
                "linux": {{ "seccomp": {{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{
                    "names": ["openat"], "action": "SCMP_ACT_ERRNO",
                    "args": [{{ "index": 0, "value": {written}, "valueTwo": {written}, "op": "SCMP_CMP_EQ" }}]
                }}] }} }}
            }}"#
        ))
        .succeeds();
        assert_eq!(document["process"]["rlimits"][0]["hard"], json!(number), "{written}");
        let argument = &document["linux"]["seccomp"]["syscalls"][0]["args"][0];
        assert_eq!((&argument["value"], &argument["valueTwo"]), (&json!(number), &json!(number)), "{written}");
    }
}

#[test]
fn what_only_some_runtimes_take_is_written_for_all() {
    let document = with_config(
        r#"{ "linux": { "resources": {
            "devices": [
                { "allow": false, "access": "rwm" },
                { "allow": true, "type": "c", "major": 136, "minor": -1, "access": "rwm" },
                { "allow": true, "type": "b", "major": -1, "minor": -1, "access": "r" }
            ],
            "memory": { "limit": 0, "swap": 0, "reservation": 5 }
        } } }"#,
    )
    .succeeds();
    let resources = &document["linux"]["resources"];
    assert_eq!(
        resources["devices"],
        json!([
            { "allow": false, "access": "rwm" },
            { "allow": true, "type": "c", "major": 136, "access": "rwm" },
            { "allow": true, "type": "b", "access": "r" },
        ])
    );
    assert_eq!(resources["memory"], json!({ "reservation": 5 }));
}

#[test]
fn a_user_namespace_gets_mounts_that_fit() {
    let patch = |network: &str, size: u32| {
        let mappings = json!([{ "containerID": 0, "hostID": 1000, "size": size }]);
        let kinds = ["mount", "uts", "user", network];
        json!({ "linux": {
            "namespaces": kinds.map(|kind| json!({ "type": kind })),
            "uidMappings": mappings,
            "gidMappings": mappings,
        } })
    };
    for (config, has_terminals, sys) in [
        (json!({}), true, "sysfs"),
        (patch("network", 65536), true, "sysfs"),
        (patch("network", 1), false, "sysfs"),
        (patch("ipc", 1), false, "none"),
    ] {
        let document = with_config(&config.to_string()).succeeds();
        let mount = |destination: &str| {
            let mut mounts = document["mounts"].as_array().unwrap().iter();
            mounts.find(|mount| mount["destination"] == destination).unwrap().clone()
        };
        let pts = mount("/dev/pts")["options"].as_array().unwrap().contains(&json!("gid=5"));
        assert_eq!(pts, has_terminals, "{config}");
        assert_eq!(mount("/sys")["type"], sys, "{config}");
    }
}

#[test]
fn the_working_directory_of_a_patch_is_made_as_well() {
    let derivation = with_config(r#"{ "process": { "cwd": "/srv/app" } }"#);
    derivation.succeeds();
    assert!(derivation.in_rootfs("/srv/app").is_dir());
}

#[test]
fn what_is_generated_is_patched_and_the_rest_stays() {
    let document = with_config(
        r#"{ "process": { "noNewPrivileges": null, "rlimits": [] }, "linux": { "resources": { "pids": { "limit": 9 } } } }"#,
    )
    .succeeds();
    assert_eq!(document["process"].get("noNewPrivileges"), None);
    assert_eq!(document["process"]["rlimits"], json!([]));
    assert_eq!(document["process"]["args"], json!(["x"]));
    assert_eq!(
        document["linux"]["resources"],
        json!({ "devices": [{ "allow": false, "access": "rwm" }], "pids": { "limit": 9 } })
    );
}
