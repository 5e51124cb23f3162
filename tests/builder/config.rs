//! The argument `config`: what passes, the version that it asks for, and what is said of what does not pass.

use serde_json::{Value, json};

use crate::derivation::Derivation;

fn with_config(config: &str) -> Derivation {
    let config: Value = serde_json::from_str(config).unwrap();
    Derivation::new(json!({ "args": ["x"], "config": config }))
}

/// Patches, with the version of the spec that they need.
const GOOD: [(&str, &str); 25] = [
    (r#"{"linux": {"netDevices": {"eth0": {"name": "c0"}}}}"#, "1.3.0"),
    (r#"{"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0"}}}"#, "1.3.0"),
    (r#"{"freebsd": {"jail": {"parent": "x"}}}"#, "1.3.0"),
    (r#"{"linux": {"intelRdt": {"schemata": ["L3:0=f"], "enableMonitoring": true, "closID": "x"}}}"#, "1.3.0"),
    (r#"{"process": {"execCPUAffinity": {"initial": "0", "final": "0-1"}}}"#, "1.2.1"),
    (r#"{"vm": {"kernel": {"path": "/k"}, "hwConfig": {"vcpus": 1, "memory": 1}}}"#, "1.3.0"),
    (r#"{"zos": {"namespaces": [{"type": "pid"}]}}"#, "1.2.1"),
    (r#"{"linux": {"timeOffsets": {"monotonic": {"secs": 1, "nanosecs": 0}}}}"#, "1.1.0"),
    (r#"{"domainname": "x"}"#, "1.1.0"),
    (r#"{"process": {"ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 1}}}"#, "1.1.0"),
    (r#"{"process": {"scheduler": {"policy": "SCHED_BATCH", "nice": 1}}}"#, "1.1.0"),
    (
        r#"{"linux": {"resources": {"unified": {"memory.high": "1"}, "cpu": {"idle": 1, "burst": 1}, "memory": {"checkBeforeUpdate": true, "limit": 1, "useHierarchy": true}, "rdma": {"mlx": {"hcaHandles": 1}}, "pids": {"limit": 5}, "blockIO": {"weight": 10}, "hugepageLimits": [{"pageSize": "2MB", "limit": 1}], "network": {"classID": 1}}}}"#,
        "1.1.0",
    ),
    (r#"{"linux": {"personality": {"domain": "LINUX32"}}}"#, "1.0.2"),
    (
        r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_LOONGARCH64"], "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/x", "listenerMetadata": "y", "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": [{"index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_EQ"}]}]}}}"#,
        "1.1.0",
    ),
    (
        r#"{"hooks": {"createRuntime": [{"path": "/x", "args": ["a"], "env": ["A=b"], "timeout": 1}], "prestart": [{"path": "/x"}]}}"#,
        "1.0.2",
    ),
    (r#"{"annotations": {"a": "b"}}"#, "1.0.0"),
    (
        r#"{"linux": {"sysctl": {"net.x": "1"}, "cgroupsPath": "/x", "rootfsPropagation": "slave", "mountLabel": "x", "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}]}}"#,
        "1.0.0",
    ),
    (
        r#"{"process": {"apparmorProfile": "x", "selinuxLabel": "y", "oomScoreAdj": -5, "consoleSize": {"height": 1, "width": 2}, "commandLine": "x"}}"#,
        "1.0.2",
    ),
    (r#"{"windows": {"layerFolders": ["c"], "devices": [{"id": "x", "idType": "y"}]}}"#, "1.0.2"),
    (r#"{"solaris": {"milestone": "x"}}"#, "1.0.0"),
    (
        r#"{"linux": {"namespaces": [{"type": "pid"}, {"type": "user", "path": "/proc/1/ns/user"}, {"type": "time"}, {"type": "cgroup"}, {"type": "network", "path": "/x"}]}}"#,
        "1.1.0",
    ),
    (r#"{"linux": {"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]}}"#, "1.0.0"),
    (r#"{"process": {"noNewPrivileges": null, "capabilities": null, "rlimits": null}}"#, "1.0.0"),
    (r#"{"ociVersion": "1.2.0"}"#, "1.2.0"),
    (r#"{"process": {"user": {"username": "x"}}}"#, "1.0.0"),
];

/// Patches, with what is said of them after `buildContainer: config.`.
#[rustfmt::skip]
const BAD: [(&str, &str); 48] = [
    (
        r#"{"root": {"readOnly": true}}"#,
        r#"root.readOnly: no such field in the OCI runtime spec (did you mean 'readonly'?)"#,
    ),
    (
        r#"{"platform": {}}"#,
        r#"platform: no such field in the OCI runtime spec (there are: ociVersion, root, mounts, process, hostname, domainname, hooks, annotations, linux, solaris, windows, vm, zos)"#,
    ),
    (
        r#"{"linux": {"resources": {"oomScoreAdj": 1}}}"#,
        r#"linux.resources.oomScoreAdj: no such field in the OCI runtime spec (there are: devices, memory, cpu, pids, blockIO, hugepageLimits, network, rdma, unified)"#,
    ),
    (
        r#"{"linux": {"namespaces": [{"type": "nett"}]}}"#,
        r#"linux.namespaces[0].type: found the string "nett", want one of "mount", "cgroup", "uts", "ipc", "user", "pid", "network", "time""#,
    ),
    (
        r#"{"linux": {"namespaces": [{"path": "/x"}]}}"#,
        r#"linux.namespaces[0].type: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"process": {"capabilities": {"bounding": ["CAP_CHOWNN"]}}}"#,
        r#"process.capabilities.bounding[0]: found the string "CAP_CHOWNN", want a capability of capabilities(7); did you mean "CAP_CHOWN"?"#,
    ),
    (
        r#"{"process": {"capabilities": {"bounding": ["chown"]}}}"#,
        r#"process.capabilities.bounding[0]: found the string "chown", want a capability of capabilities(7); did you mean "CAP_CHOWN"?"#,
    ),
    (
        r#"{"process": {"capabilities": ["CAP_CHOWN"]}}"#,
        r#"process.capabilities: found a list of 1, want an attribute set"#,
    ),
    (
        r#"{"process": {"rlimits": [{"type": "NOFILE", "soft": 1, "hard": 2}]}}"#,
        r#"process.rlimits[0].type: found the string "NOFILE", want one of "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME"; did you mean "RLIMIT_NOFILE"?"#,
    ),
    (
        r#"{"process": {"rlimits": [{"type": "RLIMIT_CPU", "soft": 3, "hard": 2}]}}"#,
        r#"process.rlimits[0]: the soft limit 3 is above the hard limit 2"#,
    ),
    (
        r#"{"process": {"rlimits": [{"type": "RLIMIT_CPU", "soft": 3}]}}"#,
        r#"process.rlimits[0].hard: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"process": {"rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 2}, {"type": "RLIMIT_CPU", "soft": 1, "hard": 2}]}}"#,
        r#"process.rlimits[1].type: the limit RLIMIT_CPU is there twice; leave one of them out"#,
    ),
    (
        r#"{"linux": {"resources": {"memory": {"limit": "1G"}}}}"#,
        r#"linux.resources.memory.limit: found the string "1G", want an integer"#,
    ),
    (
        r#"{"linux": {"resources": {"cpu": {"shares": -1}}}}"#,
        r#"linux.resources.cpu.shares: found -1 (an integer), want an integer that is not negative"#,
    ),
    (
        r#"{"linux": {"resources": {"pids": {"limit": 1.5}}}}"#,
        r#"linux.resources.pids.limit: found 1.5 (a float), want an integer"#,
    ),
    (
        r#"{"hooks": {"prestart": [{"path": "x"}]}}"#,
        r#"hooks.prestart[0].path: found the string "x", want an absolute path"#,
    ),
    (
        r#"{"hooks": {"poststart": {"path": "/x"}}}"#,
        r#"hooks.poststart: found an attribute set with path, want a list"#,
    ),
    (
        r#"{"hooks": {"preStart": []}}"#,
        r#"hooks.preStart: no such field in the OCI runtime spec (did you mean 'prestart'?)"#,
    ),
    (
        r#"{"hooks": {"poststart": [{}]}}"#,
        r#"hooks.poststart[0].path: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"process": {"env": ["A"]}}"#,
        r#"process.env[0]: found the string "A", want "NAME=value""#,
    ),
    (
        r#"{"process": {"env": ["A=1", "A=2"]}}"#,
        r#"process.env[1]: A is set twice; leave one of them out"#,
    ),
    (
        r#"{"process": {"cwd": "x"}}"#,
        r#"process.cwd: the working directory is an absolute path; did you mean "/x"?"#,
    ),
    (
        r#"{"process": {"args": "x"}}"#,
        r#"process.args: found the string "x", want a list"#,
    ),
    (
        r#"{"process": {"user": {"uid": -1}}}"#,
        r#"process.user.uid: found -1 (an integer), want an integer from 0 to 4294967295"#,
    ),
    (
        r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALOW"}}}"#,
        r#"linux.seccomp.defaultAction: found the string "SCMP_ACT_ALOW", want one of "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_ALLOW"; did you mean "SCMP_ACT_ALLOW"?"#,
    ),
    (
        r#"{"linux": {"seccomp": {}}}"#,
        r#"linux.seccomp.defaultAction: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"]}]}}}"#,
        r#"linux.seccomp.syscalls[0].action: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["x86_64"]}}}"#,
        r#"linux.seccomp.architectures[0]: found the string "x86_64", want one of "SCMP_ARCH_NATIVE", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB"; did you mean "SCMP_ARCH_X86_64"?"#,
    ),
    (
        r#"{"linux": {"namespaces": [{"type": "user"}]}}"#,
        r#"linux.uidMappings: missing; a new user namespace needs linux.uidMappings, a list of { containerID, hostID, size }"#,
    ),
    (
        r#"{"linux": {"uidMappings": [{"containerID": 0, "hostID": 0, "size": 10}, {"containerID": 5, "hostID": 100, "size": 10}]}}"#,
        r#"linux.uidMappings[1]: its containerIDs overlap those of config.linux.uidMappings[0]"#,
    ),
    (
        r#"{"linux": {"uidMappings": [{"containerID": 0}]}}"#,
        r#"linux.uidMappings[0].hostID: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"ociVersion": "1.0"}"#,
        r#"ociVersion: found the string "1.0", want one of "1.0.0", "1.0.1", "1.0.2", "1.1.0", "1.2.0", "1.2.1", "1.3.0""#,
    ),
    (
        r#"{"ociVersion": "1.0.0", "linux": {"timeOffsets": {}}}"#,
        r#"linux.timeOffsets: is new in version 1.1.0 of the spec, but config.ociVersion is "1.0.0""#,
    ),
    (
        r#"{"linux": {"devices": [{"path": "/dev/x"}]}}"#,
        r#"linux.devices[0].type: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"linux": {"devices": [{"path": "/dev/x", "type": "z"}]}}"#,
        r#"linux.devices[0].type: found the string "z", want one of "a", "b", "c", "u", "p"; did you mean "a"?"#,
    ),
    (
        r#"{"annotations": {"a": 1}}"#,
        r#"annotations.a: found 1 (an integer), want a string"#,
    ),
    (
        r#"{"annotations": ["a"]}"#,
        r#"annotations: found a list of 1, want an attribute set"#,
    ),
    (
        r#"{"linux": {"sysctl": {"a": 1}}}"#,
        r#"linux.sysctl.a: found 1 (an integer), want a string"#,
    ),
    (
        r#"{"linux": {"maskedPaths": [null]}}"#,
        r#"linux.maskedPaths[0]: found null, want a string"#,
    ),
    (
        r#"{"linux": {"maskedPaths": "x"}}"#,
        r#"linux.maskedPaths: found the string "x", want a list"#,
    ),
    (
        r#"{"linux": true}"#,
        r#"linux: found true (a boolean), want an attribute set"#,
    ),
    (
        r#"{"linux": {"rootfsPropagation": "sharedd"}}"#,
        r#"linux.rootfsPropagation: found the string "sharedd", want one of "private", "shared", "slave", "unbindable"; did you mean "shared"?"#,
    ),
    (
        r#"{"hostname": 5}"#,
        r#"hostname: found 5 (an integer), want a string"#,
    ),
    (
        r#"{"process": {"oomScoreAdj": "1"}}"#,
        r#"process.oomScoreAdj: found the string "1", want an integer from -2147483648 to 2147483647"#,
    ),
    (
        r#"{"process": {"ioPriority": {"class": "BE"}}}"#,
        r#"process.ioPriority.class: found the string "BE", want one of "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"; did you mean "IOPRIO_CLASS_BE"?"#,
    ),
    (
        r#"{"process": {"scheduler": {"nice": 1}}}"#,
        r#"process.scheduler.policy: missing; the OCI runtime spec requires it"#,
    ),
    (
        r#"{"linux": {"personality": {"domain": "x"}}}"#,
        r#"linux.personality.domain: found the string "x", want one of "LINUX", "LINUX32""#,
    ),
    (
        r#"{"linux": {"namespaces": [{"type": "pid"}, {"type": "pid"}]}}"#,
        r#"linux.namespaces[1].type: the namespace pid is there twice; leave one of them out"#,
    ),
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
fn every_mistake_is_named_with_what_is_wanted() {
    for (config, message) in BAD {
        with_config(config).fails_with(&format!("buildContainer: config.{message}"));
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
