//! The argument `seccomp`: the default filter, filters in both formats, and what is said of wrong ones.

mod docker;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::derivation::Derivation;

/// The filter of a container for this architecture, with these capabilities and arguments.
fn filter(cpu: &str, capabilities: &[&str], mut arguments: Value) -> Option<Value> {
    arguments["args"] = json!(["x"]);
    arguments["config"]["process"]["capabilities"]["bounding"] = json!(capabilities);
    let mut derivation = Derivation::new(arguments);
    derivation.attrs["hostSystem"] = json!(format!("{cpu}-linux"));
    derivation.succeeds()["linux"].get("seccomp").cloned()
}

#[test]
fn the_version_is_the_lowest_that_has_what_the_filter_needs() {
    let without = json!({ "defaultAction": "SCMP_ACT_ALLOW" });
    // A rule that does not count asks for nothing.
    let conditional = json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        { "names": ["x"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "includes": { "caps": ["CAP_SYS_ADMIN"] } },
    ] });
    let admin = json!({ "process": { "capabilities": { "bounding": ["CAP_SYS_ADMIN"] } } });
    for (arguments, version) in [
        (json!({}), "1.1.0"),
        (json!({ "seccomp": null }), "1.0.0"),
        (json!({ "seccomp": without }), "1.0.0"),
        (json!({ "config": { "linux": { "seccomp": null } } }), "1.0.0"),
        (json!({ "config": { "linux": { "seccomp": without } } }), "1.0.0"),
        (json!({ "seccomp": conditional }), "1.0.0"),
        (json!({ "seccomp": conditional, "config": admin }), "1.1.0"),
        // With this capability `clone3` is allowed.
        (json!({ "config": admin }), "1.0.0"),
    ] {
        let mut all = arguments.clone();
        all["args"] = json!(["x"]);
        assert_eq!(Derivation::new(all).succeeds()["ociVersion"], version, "{arguments}");
    }
    Derivation::new(json!({ "args": ["x"], "config": { "ociVersion": "1.0.2" } })).fails_with(
        "buildContainer: config.ociVersion: found \"1.0.2\", want at least \"1.1.0\", which Docker's default seccomp filter \
         needs; or choose another filter, or none, with the argument 'seccomp'",
    );
}

#[test]
fn null_is_no_filter_and_the_patch_replaces_a_filter_whole() {
    let kill = json!({ "defaultAction": "SCMP_ACT_KILL" });
    for (arguments, expected) in [
        (json!({ "seccomp": null }), None),
        (json!({ "config": { "linux": { "seccomp": null } } }), None),
        (json!({ "config": { "linux": { "seccomp": kill } } }), Some(&kill)),
        (json!({ "config": { "linux": { "seccomp": kill } }, "seccomp": null }), Some(&kill)),
        (
            json!({
                "config": { "linux": { "seccomp": kill } },
                "seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [] },
            }),
            Some(&kill),
        ),
    ] {
        assert_eq!(filter("x86_64", &[], arguments.clone()).as_ref(), expected, "{arguments}");
    }
}

#[test]
fn a_filter_in_the_specifications_format_stays_as_it_is() {
    let given = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "listenerPath": "/run/x",
        "listenerMetadata": "y",
        "syscalls": [
            { "names": ["read", "of_the_future"], "action": "SCMP_ACT_ALLOW", "args": [] },
            {
                "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
                "args": [{ "index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ" }],
            },
            { "names": ["read", "of_the_future"], "action": "SCMP_ACT_ALLOW", "args": [] },
        ],
    });
    assert_eq!(filter("x86_64", &[], json!({ "seccomp": given })), Some(given));
}

#[test]
fn a_rule_of_dockers_format_counts_under_its_conditions() {
    let allow = |name: &str, more: Value| {
        let mut rule = json!({ "names": [name], "action": "SCMP_ACT_ALLOW" });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let given = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [
            { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"] },
            { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": null },
        ],
        "syscalls": [
            allow("always", json!({ "args": null, "comment": "", "includes": {}, "excludes": null })),
            { "name": "old", "action": "SCMP_ACT_ALLOW", "args": null },
            allow("both-capabilities", json!({ "includes": { "caps": ["CAP_KILL", "CAP_CHOWN"] } })),
            allow("capability", json!({ "includes": { "caps": ["CAP_KILL"] } })),
            allow("not-capability", json!({ "excludes": { "caps": ["CAP_KILL", "CAP_CHOWN"] } })),
            allow("x86", json!({ "includes": { "arches": ["x86", "amd64"] } })),
            allow("not-x86", json!({ "excludes": { "arches": ["amd64"] } })),
            allow("new-kernel", json!({ "includes": { "minKernel": "4.8" } })),
            allow("old-kernel", json!({ "excludes": { "minKernel": "3.17" } })),
            allow("arm-with-capability", json!({ "includes": { "caps": ["CAP_KILL"], "arches": ["arm64"] } })),
        ],
    });
    let rest = ["always", "old"].into_iter();
    for (cpu, capabilities, more, architectures) in [
        (
            "x86_64",
            &["CAP_KILL"][..],
            &["capability", "x86", "new-kernel"][..],
            json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]),
        ),
        (
            "x86_64",
            &["CAP_KILL", "CAP_CHOWN"],
            &["both-capabilities", "capability", "x86", "new-kernel"],
            json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]),
        ),
        ("aarch64", &[], &["not-capability", "not-x86", "new-kernel"], json!(["SCMP_ARCH_AARCH64"])),
        (
            "aarch64",
            &["CAP_KILL"],
            &["capability", "not-x86", "new-kernel", "arm-with-capability"],
            json!(["SCMP_ARCH_AARCH64"]),
        ),
        ("s390x", &[], &["not-capability", "not-x86", "new-kernel"], Value::Null),
    ] {
        let filter = filter(cpu, capabilities, json!({ "seccomp": given })).unwrap();
        let names: Vec<_> = filter["syscalls"].as_array().unwrap().iter().map(|rule| &rule["names"][0]).collect();
        assert_eq!(names, rest.clone().chain(more.iter().copied()).collect::<Vec<_>>(), "{cpu} {capabilities:?}");
        assert_eq!(filter["architectures"], architectures, "{cpu}");
        let fields: BTreeSet<_> =
            filter["syscalls"].as_array().unwrap().iter().flat_map(|rule| rule.as_object().unwrap().keys()).collect();
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), ["action", "names"]);
    }
}

#[test]
fn podmans_names_of_errors_are_numbers() {
    let given = json!({
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS",
        "syscalls": [
            { "names": ["a"], "action": "SCMP_ACT_ERRNO", "errno": "EPERM", "errnoRet": 1 },
            { "names": ["b"], "action": "SCMP_ACT_ERRNO", "errno": "EINVAL" },
            { "names": ["c"], "action": "SCMP_ACT_ALLOW", "errno": "" },
        ],
    });
    let expected = json!({
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
        "syscalls": [
            { "names": ["a"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 },
            { "names": ["b"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22 },
            { "names": ["c"], "action": "SCMP_ACT_ALLOW" },
        ],
    });
    assert_eq!(filter("x86_64", &[], json!({ "seccomp": given })), Some(expected));
}

#[test]
#[rustfmt::skip]
fn a_wrong_filter_is_named_where_the_user_wrote_it() {
    let rule = |more: &str| format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{"names": ["a"], "action": "SCMP_ACT_ERRNO", {more}}}]}}"#);
    for (filter, message) in [
        (r#""profile.json""#.to_owned(), r#"seccomp: found the string "profile.json", want a seccomp filter, such as builtins.fromJSON (builtins.readFile ./profile.json)"#),
        ("{}".to_owned(), "seccomp.defaultAction: missing; the OCI runtime spec requires it"),
        (r#"{"defaultAktion": "SCMP_ACT_ALLOW"}"#.to_owned(), "seccomp.defaultAktion: no such field of a seccomp filter (did you mean 'defaultAction'?)"),
        (r#"{"defaultAction": "ALLOW"}"#.to_owned(), r#"seccomp.defaultAction: found the string "ALLOW", want one of "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY"; did you mean "SCMP_ACT_ALLOW"?"#),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}"#.to_owned(), "seccomp.syscalls: found an empty attribute set, want a list"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ["read"]}"#.to_owned(), r#"seccomp.syscalls[0]: found the string "read", want an attribute set"#),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}"#.to_owned(), "seccomp.syscalls[0].names: found an empty list, want at least one element"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ERRNO"}]}"#.to_owned(), "seccomp.syscalls[0].names: missing; the OCI runtime spec requires it"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": 1, "action": "SCMP_ACT_ERRNO"}]}"#.to_owned(), "seccomp.syscalls[0].name: found 1 (an integer), want a string"),
        (rule(r#""name": "b""#), "seccomp.syscalls[0].name: found beside seccomp.syscalls[0].names; leave one of them out"),
        (rule(r#""include": {}"#), "seccomp.syscalls[0].include: no such field of a rule (did you mean 'includes'?)"),
        (rule(r#""includes": {"cap": []}"#), "seccomp.syscalls[0].includes.cap: no such condition of a rule (did you mean 'caps'?)"),
        (rule(r#""includes": {"caps": ["SYS_ADMIN"]}"#), r#"seccomp.syscalls[0].includes.caps[0]: found the string "SYS_ADMIN", want a capability of capabilities(7); did you mean "CAP_SYS_ADMIN"?"#),
        (rule(r#""excludes": {"caps": "CAP_KILL"}"#), r#"seccomp.syscalls[0].excludes.caps: found the string "CAP_KILL", want a list"#),
        (rule(r#""excludes": {"arches": ["x86_64"]}"#), r#"seccomp.syscalls[0].excludes.arches[0]: found the string "x86_64", want one of "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64n32", "mipsel", "mipsel64", "mipsel64n32", "parisc", "parisc64", "ppc", "ppc64", "ppc64le", "riscv64", "s390", "s390x", "x32", "x86""#),
        (rule(r#""includes": {"minKernel": 5}"#), "seccomp.syscalls[0].includes.minKernel: found 5 (an integer), want a string"),
        (rule(r#""includes": {"minKernel": "new"}"#), r#"seccomp.syscalls[0].includes.minKernel: found the string "new", want a version of Linux, such as "4.8""#),
        (rule(r#""includes": {"minKernel": "5.19"}"#), r#"seccomp.syscalls[0].includes.minKernel: found the string "5.19", want at most "4.8": a bundle is for every kernel since that version; leave out this condition, or the whole rule"#),
        (rule(r#""errno": "EFOO""#), r#"seccomp.syscalls[0].errno: found the string "EFOO", want one of EPERM, ENOENT, EAGAIN, EACCES, EINVAL, ENOTTY, ENOSYS, EOPNOTSUPP, ENOTSUP, EAFNOSUPPORT, or the number of any other error as errnoRet"#),
        (rule(r#""errnoRet": 5000"#), "seccomp.syscalls[0].errnoRet: found 5000 (an integer), want an integer from 0 to 4095"),
        // Also in a rule that would not count.
        (rule(r#""errnoRet": -1, "includes": {"caps": ["CAP_SYS_ADMIN"]}"#), "seccomp.syscalls[0].errnoRet: found -1 (an integer), want an integer from 0 to 4294967295"),
        (rule(r#""args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]"#), "seccomp.syscalls[0].args[0].index: found 6 (an integer), want an integer from 0 to 5"),
        (rule(r#""args": [{"index": 0, "op": "SCMP_CMP_EQ"}]"#), "seccomp.syscalls[0].args[0].value: missing; the OCI runtime spec requires it"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [], "architectures": []}"#.to_owned(), "seccomp.architectures: found beside seccomp.archMap; leave one of them out"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64", "sub": []}]}"#.to_owned(), "seccomp.archMap[0].sub: no such field of an architecture (there are: architecture, subArchitectures)"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"subArchitectures": []}]}"#.to_owned(), r#"seccomp.archMap[0].architecture: missing; want an architecture, such as "SCMP_ARCH_X86_64""#),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}"#.to_owned(), r#"seccomp.listenerMetadata: found the string "x" without a listenerPath; add that, or leave this out"#),
    ] {
        let filter: Value = serde_json::from_str(&filter).unwrap();
        Derivation::new(json!({ "args": ["x"], "seccomp": filter })).fails_with(&format!("buildContainer: {message}"));
    }
    // The names stand in a long list, of which the second is wrong here.
    let map = json!([{ "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_I386"] }]);
    let outcome = Derivation::new(json!({ "args": ["x"], "seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "archMap": map } })).build();
    assert!(outcome.stderr.starts_with("buildContainer: seccomp.archMap[0].subArchitectures[0]: found the string \"SCMP_ARCH_I386\", want one of "), "{}", outcome.stderr);
}
