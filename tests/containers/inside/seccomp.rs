//! Which system calls a container may make: by default, without a filter, and with one of each format.

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runtime;
use crate::support::script::container;

/// Prints how each system call ends whose number and arguments are given as `NUMBER:ARGUMENT…`: with 0, or the name of its
/// error. One that makes a process ends the new one at once. At the end a thread says that there can be threads.
const CALL: &str = r#"
import ctypes, errno, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
for call in sys.argv[1:]:
    numbers = [int(number, 0) for number in call.split(":")]
    me = os.getpid()
    result = libc.syscall(*map(ctypes.c_long, numbers + [0] * (7 - len(numbers))))
    if os.getpid() != me:
        os._exit(0)
    print("0" if result >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
thread = threading.Thread(target=print, args=["thread"])
thread.start()
thread.join()
"#;

/// System calls of x86_64, each with what the kernel says of it where no filter does, to root with `CAP_SYS_ADMIN`.
const CALLS: [(&str, &str); 12] = [
    GETPID,
    CLONE,
    CLONE_USER,
    CLONE3,
    PERSONALITY,
    SAME_ADDRESSES,
    SOCKET,
    SOCKET_OF_CIPHERS,
    MOUNT,
    UNSHARE_HOSTNAME,
    KEYCTL,
    BPF,
];
const GETPID: (&str, &str) = ("39", "0");
/// The flags are `SIGCHLD`, and in the second one `CLONE_NEWUSER` as well.
const CLONE: (&str, &str) = ("56:17", "0");
const CLONE_USER: (&str, &str) = ("56:0x10000011", "0");
/// Without its arguments.
const CLONE3: (&str, &str) = ("435", "EINVAL");
/// A question.
const PERSONALITY: (&str, &str) = ("135:0xffffffff", "0");
/// `ADDR_NO_RANDOMIZE`.
const SAME_ADDRESSES: (&str, &str) = ("135:0x40000", "0");
const SOCKET: (&str, &str) = ("41:1:1", "0");
/// `AF_ALG`, which a kernel may have or not, and a type that none has.
const SOCKET_OF_CIPHERS: (&str, &str) = ("41:38:15", "EINVAL");
/// On no path.
const MOUNT: (&str, &str) = ("165", "EFAULT");
const UNSHARE_HOSTNAME: (&str, &str) = ("272:0x04000000", "0");
/// Of a keyring that is not there.
const KEYCTL: (&str, &str) = ("250:0:-99", "EINVAL");
/// A command that is not there, with more than the kernel knows.
const BPF: (&str, &str) = ("321:0xffff:0:-1", "E2BIG");

/// Two capabilities, of which one is to make namespaces and mounts.
const ADMIN: &str = r#"
  config.process.capabilities = let all = [ "CAP_SYS_ADMIN" "CAP_KILL" ]; in {
    bounding = all; effective = all; permitted = all;
  };
"#;

/// A container that makes these calls.
fn calls(arguments: &str) -> Built {
    let words: String = CALLS.iter().map(|(call, _)| format!("\"{call}\" ")).collect();
    nix::build(&format!(
        r#"buildContainer {{
             name = "calls";
             args = [ "${{pkgs.python3}}/bin/python3" "-c" {} {words} ];
             readonly = true;
             {arguments}
           }}"#,
        nix::string(CALL)
    ))
}

/// Runs these containers: all calls end as without a filter but for these.
fn end_as_without_a_filter_but(arguments: &str, others: &[((&str, &str), &str)]) {
    let bundle = calls(arguments);
    let end = |call| others.iter().find(|(other, _)| *other == call).map_or(call.1, |(_, end)| end);
    let expected: Vec<_> = CALLS.into_iter().map(end).chain(["thread"]).collect();
    for runtime in runtime::ALL {
        let printed = runtime.prints(&bundle);
        assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{runtime:?}: {arguments}");
    }
}

#[test]
fn the_default_filter_denies_what_dockers_does() {
    end_as_without_a_filter_but(
        "",
        &[
            (CLONE_USER, "EPERM"),
            // So the C library takes `clone`.
            (CLONE3, "ENOSYS"),
            (SAME_ADDRESSES, "EPERM"),
            (SOCKET_OF_CIPHERS, "EPERM"),
            (MOUNT, "EPERM"),
            (UNSHARE_HOSTNAME, "EPERM"),
            (KEYCTL, "EPERM"),
            (BPF, "EPERM"),
        ],
    );
}

#[test]
fn the_default_filter_knows_the_containers_capabilities() {
    end_as_without_a_filter_but(ADMIN, &[(SAME_ADDRESSES, "EPERM"), (SOCKET_OF_CIPHERS, "EPERM"), (KEYCTL, "EPERM")]);
}

#[test]
fn null_is_no_filter() {
    end_as_without_a_filter_but(&format!("seccomp = null; {ADMIN}"), &[]);
}

#[test]
fn an_ordinary_user_has_the_same_filter() {
    let look = "grep ^Seccomp: /proc/self/status; mkdir -p /tmp/x; unshare --user true 2>&1 || true";
    for (arguments, mode) in [("", "2"), ("seccomp = null;", "0"), ("config.linux.seccomp = null;", "0")] {
        let bundle = container(look, arguments);
        for runtime in runtime::ALL {
            for uid in [0, 1234] {
                let output = runtime.wrapper(uid).arg(&bundle).output().unwrap();
                let printed = String::from_utf8_lossy(&output.stdout);
                assert_eq!(
                    printed.lines().next(),
                    Some(format!("Seccomp:\t{mode}").as_str()),
                    "{runtime:?} {uid}: {output:?}"
                );
            }
        }
    }
}

#[test]
fn a_filter_of_dockers_format_is_made_for_the_containers_capabilities() {
    // As Podman's are: with names of errors, empty conditions, and a rule for those with a capability and one for the others.
    let filter = r#"seccomp = builtins.fromJSON ''{
      "defaultAction": "SCMP_ACT_ALLOW",
      "defaultErrnoRet": null,
      "archMap": [ { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": [ "SCMP_ARCH_X86", "SCMP_ARCH_X32" ] } ],
      "syscalls": [
        { "names": [ "keyctl", "not_a_call_of_any_kernel" ], "action": "SCMP_ACT_ERRNO", "args": [], "comment": "",
          "includes": {}, "excludes": {}, "errnoRet": 1, "errno": "EPERM" },
        { "name": "bpf", "action": "SCMP_ACT_ERRNO", "args": null, "includes": { "caps": [ "CAP_SYS_ADMIN" ] },
          "errno": "ENOENT" },
        { "names": [ "bpf" ], "action": "SCMP_ACT_ERRNO", "excludes": { "caps": [ "CAP_SYS_ADMIN" ] }, "errnoRet": 11 },
        { "names": [ "mount" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 38,
          "includes": { "arches": [ "arm64" ], "minKernel": "4.8" } },
        { "names": [ "getpid" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "includes": { "minKernel": "4.8" },
          "args": [ { "index": 0, "value": 7, "valueTwo": 0, "op": "SCMP_CMP_EQ" } ] }
      ]
    }'';"#;
    end_as_without_a_filter_but(&format!("{filter} {ADMIN}"), &[(KEYCTL, "EPERM"), (BPF, "ENOENT")]);
    let without = [
        (KEYCTL, "EPERM"),
        (BPF, "EAGAIN"),
        // The kernel's own answers to those without the capability.
        (MOUNT, "EFAULT"),
        (UNSHARE_HOSTNAME, "EPERM"),
    ];
    end_as_without_a_filter_but(filter, &without);
}

#[test]
fn a_call_that_the_filter_blocks_fails_and_others_work() {
    // The second way says which error, a field of a later version of the spec.
    for (error, message) in [("", "Operation not permitted"), ("errnoRet = 38;", "Function not implemented")] {
        for argument in ["config.linux.seccomp", "seccomp"] {
            let bundle = container(
                r#"
                  touch /dev/shm/file
                  mkdir /dev/shm/directory 2>&1 || true
                  ls /dev/shm
                "#,
                &format!(
                    r#"{argument} = {{
                         defaultAction = "SCMP_ACT_ALLOW";
                         syscalls = [ {{ names = [ "mkdir" "mkdirat" ]; action = "SCMP_ACT_ERRNO"; {error} }} ];
                       }};"#
                ),
            );
            for runtime in runtime::ALL {
                assert_eq!(
                    runtime.prints(&bundle),
                    format!("mkdir: cannot create directory '/dev/shm/directory': {message}\nfile\n"),
                    "{runtime:?}"
                );
            }
        }
    }
}

#[test]
fn nix_says_what_is_no_filter() {
    for (value, found) in [
        (r#""profile.json""#, r#"found the string "profile.json""#),
        ("./seccomp.rs", "found the path"),
        ("[ ]", "found an empty list"),
        ("pkgs.hello", "found an attribute set"),
    ] {
        let said = nix::build_fails(&format!(r#"buildContainer {{ args = [ "x" ]; seccomp = {value}; }}"#));
        let want =
            "want a seccomp filter, such as builtins.fromJSON (builtins.readFile ./profile.json), or null for none";
        assert!(said.contains(&format!("buildContainer: seccomp: {found}")) && said.contains(want), "{said}");
    }
}
