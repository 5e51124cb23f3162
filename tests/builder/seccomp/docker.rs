//! The default filter beside Docker's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::seccomp::filter;

/// Docker's default filter, as a file of its own format, if it is on this machine.
const DOCKERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/seccomp/docker-default.json");

/// What Docker makes of its default filter for these architectures and capabilities: how many rules for one system call each,
/// and their [`digest`]. `dockers_own_file_has_what_is_written_here` prints what should stand here, where that file is.
const DOCKER: [(&str, &[&str], usize, u64); 9] = [
    ("x86_64", &[], 376, 0xb2aa_e61e_d9e3_1a15),
    ("x86_64", &["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"], 376, 0xb2aa_e61e_d9e3_1a15),
    ("x86_64", &["CAP_SYS_ADMIN"], 400, 0xbe5d_c788_50e4_68d4),
    (
        "x86_64",
        &["CAP_BPF", "CAP_DAC_READ_SEARCH", "CAP_PERFMON", "CAP_SYS_BOOT", "CAP_SYS_CHROOT"],
        381,
        0xfbcf_1f87_0823_b1bf,
    ),
    (
        "x86_64",
        &["CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO"],
        389,
        0x56f6_8c22_01e4_27df,
    ),
    ("x86_64", &["CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_SYSLOG"], 382, 0x14ae_43ca_1ee2_ec97),
    ("aarch64", &[], 380, 0x8210_738e_9c3c_ddde),
    ("s390x", &[], 377, 0x8b8d_4046_e05d_1421),
    ("riscv64", &["CAP_SYS_ADMIN"], 399, 0x3786_e2c5_4132_aab1),
];

/// The rules of a filter, one for each system call, in order and without what says nothing.
fn lines(rules: &[&Value]) -> BTreeSet<String> {
    let line = |rule: &Value, name: &Value| {
        let number = |field: &Value| field.as_u64().unwrap_or(0);
        let compare = |arg: &Value| {
            format!("{}{}{}/{}", arg["index"], arg["op"], number(&arg["value"]), number(&arg["valueTwo"]))
        };
        let args: Vec<_> = rule["args"].as_array().into_iter().flatten().map(compare).collect();
        format!("{name} {} {} {args:?}", rule["action"], number(&rule["errnoRet"]))
    };
    rules.iter().flat_map(|rule| rule["names"].as_array().unwrap().iter().map(move |name| line(rule, name))).collect()
}

/// A number that differs where the lines do (FNV-1a).
fn digest(lines: &BTreeSet<String>) -> u64 {
    let bytes = lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The rules of the default filter, without the one for emulators.
fn ours(cpu: &str, capabilities: &[&str]) -> BTreeSet<String> {
    let filter = filter(cpu, capabilities, json!({})).unwrap();
    assert_eq!(filter["defaultAction"], "SCMP_ACT_ERRNO");
    assert_eq!(filter.get("defaultErrnoRet"), None);
    let mut rules = lines(&filter["syscalls"].as_array().unwrap().iter().collect::<Vec<_>>());
    if cpu != "x86_64" {
        assert!(
            rules.remove(
                &lines(&[&json!({ "names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW" })]).pop_first().unwrap()
            )
        );
    }
    rules
}

/// The rules that Docker takes from its own file, by another reading of it than the builder's.
fn dockers(file: &Value, cpu: &str, capabilities: &[&str]) -> BTreeSet<String> {
    let docker = match cpu {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let names = |rule: &Value, side: &str, kind: &str| -> Vec<String> {
        serde_json::from_value(rule[side][kind].clone()).unwrap_or_default()
    };
    let has = |name: &String| capabilities.contains(&name.as_str());
    let counts = |rule: &&Value| {
        let arches = names(rule, "includes", "arches");
        (arches.is_empty() || arches.iter().any(|name| name == docker))
            && names(rule, "includes", "caps").iter().all(has)
            && !names(rule, "excludes", "caps").iter().any(has)
            && !names(rule, "excludes", "arches").iter().any(|name| name == docker)
    };
    lines(&file["syscalls"].as_array().unwrap().iter().filter(counts).collect::<Vec<_>>())
}

#[test]
fn the_default_filter_is_dockers() {
    for (cpu, capabilities, count, expected) in DOCKER {
        let rules = ours(cpu, capabilities);
        assert_eq!((rules.len(), digest(&rules)), (count, expected), "{cpu} {capabilities:?}: {rules:#?}");
    }
}

#[test]
fn dockers_own_file_has_what_is_written_here() {
    if !Path::new(DOCKERS).exists() {
        // The test before this one compares with what was read from it, so nothing is left to chance.
        eprintln!("not compared: there is no {DOCKERS}");
        return;
    }
    let file: Value = serde_json::from_slice(&fs::read(DOCKERS).unwrap()).unwrap();
    let read = DOCKER.map(|(cpu, capabilities, ..)| {
        let theirs = dockers(&file, cpu, capabilities);
        assert_eq!(ours(cpu, capabilities), theirs, "{cpu} {capabilities:?}");
        (cpu, capabilities, theirs.len(), digest(&theirs))
    });
    assert_eq!(read, DOCKER, "want {read:#x?}");
    // Each rule with a condition is in one of these.
    let conditions: BTreeSet<_> =
        DOCKER.iter().flat_map(|(_, capabilities, ..)| capabilities.iter().copied()).collect();
    for capability in file["syscalls"].as_array().unwrap().iter().filter_map(|rule| rule["includes"]["caps"].as_array())
    {
        assert!(conditions.contains(capability[0].as_str().unwrap()), "{capability:?}");
    }
    // It is a filter that can be given, too.
    for (cpu, capabilities, ..) in DOCKER {
        let given = filter(cpu, capabilities, json!({ "seccomp": file })).unwrap();
        let rules: Vec<_> = given["syscalls"].as_array().unwrap().iter().collect();
        assert_eq!(lines(&rules), dockers(&file, cpu, capabilities), "{cpu} {capabilities:?}");
    }
}

#[test]
fn the_default_filter_is_for_the_native_architecture_alone() {
    for (cpu, architectures) in [
        ("x86_64", json!(["SCMP_ARCH_X86_64"])),
        ("aarch64", json!(["SCMP_ARCH_AARCH64"])),
        ("i686", json!(["SCMP_ARCH_X86"])),
        // Without a name that all runtimes know, a filter is for the one that they run on.
        ("riscv64", Value::Null),
        ("loongarch64", Value::Null),
        ("alpha", Value::Null),
    ] {
        let filter = filter(cpu, &[], json!({})).unwrap();
        assert_eq!(filter["architectures"], architectures, "{cpu}");
    }
}
