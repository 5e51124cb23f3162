//! `oci-bundle run` as a service of systemd, which is the first process of a container of systemd-nspawn.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::cgroup::Cgroup;
use crate::support::nix;

/// What scripts/setup makes.
const TREE: &str = "/var/lib/oci-bundle/debian-13";

/// Waits for a line of a service's log, for half a minute at most.
const FUNCTIONS: &str = r#"
    set -u
    # As on a machine, and unlike a container: where files of each /proc are hidden, no user namespace may mount one.
    mkdir /run/whole-proc && mount -t proc proc /run/whole-proc
    log() { journalctl --quiet --output=cat _SYSTEMD_UNIT=$1.service; }
    state() { systemctl show --property=ActiveState --value $1; }
    wait_for() { for _ in $(seq 300); do log $1 | grep -q "$2" && return; sleep 0.1; done; echo "$1: no $2"; }
    wait_until() { for _ in $(seq 300); do [ $(state $1) = $2 ] && return; sleep 0.1; done; echo "$1: not $2"; }
"#;

/// The unit of the documentation, which starts this command, with lines of its own in the section `Service`.
fn unit(command: &str, lines: &str) -> String {
    let page = include_str!("../../../docs/run.md");
    let (_, unit) = page.split_once("```ini\n").unwrap();
    let (unit, _) = unit.split_once("```").unwrap();
    let (before, after) = unit.split_once("ExecStart=").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    format!("{before}ExecStart={command}\n{after}\n[Service]\n{lines}\n")
}

/// Runs a script of the shell in a machine with these services. Gives what it prints.
fn run(services: &[(&str, String)], script: &str) -> String {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    };
    // A machine takes one for itself.
    let group = Cgroup::new();
    // Its systemd has one version of control groups only, and newer ones of systemd-nspawn want no other to be there.
    let enter = r#"
        echo $$ >$0/cgroup.procs
        if [ -e /sys/fs/cgroup/unified ]; then mount --rbind /sys/fs/cgroup/unified /sys/fs/cgroup; fi
        exec "$@"
    "#;
    let mut machine = Command::new("unshare");
    machine.args(["--mount", "sh", "-euc", enter]).arg(&group.path).arg("systemd-nspawn");
    machine.args(["--quiet", "--register=no", "--keep-unit", "--console=pipe", "--volatile=overlay"]);
    machine.args(["--capability=all", "--system-call-filter=@keyring bpf", "--bind-ro=/nix"]);
    // Newer ones keep something under the machine's name.
    machine.arg(format!("--machine={}", group.name()));
    machine.arg(format!("--directory={TREE}")).arg(format!("--bind={}:/test", folder.path().display()));
    let mut add = |name: &str, unit: &str| {
        let file = file(name, unit);
        machine.arg(format!("--bind-ro={}:/etc/systemd/system/{name}.service", file.display()));
    };
    for (name, unit) in services {
        add(name, unit);
    }
    file("script", &format!("{FUNCTIONS}\n{script}"));
    add(
        "test",
        "[Unit]\nSuccessAction=poweroff-force\nFailureAction=poweroff-force\n\
         [Service]\nType=oneshot\nTimeoutStartSec=120\nExecStart=/bin/sh -c 'sh /test/script >/test/output 2>&1'\n",
    );
    machine.args(["--boot", "systemd.unit=test.service"]);
    let output = machine.output().unwrap();
    fs::read_to_string(folder.path().join("output")).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The command of the documentation for a container, and its runtime.
fn command(container: &str, runtime: &str) -> String {
    let program = nix::build(&format!("({container} {{ runtime = pkgs.{runtime}; }}).run"));
    let name = program.join("bin").read_dir().unwrap().next().unwrap().unwrap().path();
    name.display().to_string()
}

/// Who runs it, and with which runtime. crun of root raises a limit as only `CAP_SYS_RESOURCE` may, which not every
/// machine of tests has.
const SERVICES: [(&str, &str, &str); 3] =
    [("root-runc", "root", "runc"), ("user-runc", "www-data", "runc"), ("user-crun", "www-data", "crun")];

#[test]
fn a_service_starts_logs_stops_and_is_killed_as_one() {
    let container = r#"more: buildContainer ({
        name = "it";
        args = [ "sh" "-c" "grep ^0: /proc/self/cgroup; trap 'echo got TERM; exit' TERM; while :; do sleep 0.1; done" ];
        contents = [ pkgs.busybox ];
        # In the cgroup namespace of the host, it sees where its control group is.
        config.linux.namespaces = map (type: { inherit type; }) [ "pid" "network" "ipc" "uts" "mount" ];
      } // more)"#;
    let services = SERVICES.map(|(name, user, runtime)| {
        let command = command(&format!("({container})"), runtime);
        (name, unit(&command, &format!("User={user}")))
    });
    let script = r#"
        # The shells of containers have the trap in their arguments.
        running() { grep -lzs '^grep ^0: /proc/self/cgroup; trap' /proc/[0-9]*/cmdline | wc -l; }
        for it in root-runc user-runc user-crun; do
            systemctl start $it && echo "$it: $(state $it)"
            wait_for $it 0::
            systemctl stop $it && echo "$it: $(state $it) $(systemctl show --property=Result --value $it)"
            log $it | sed 's/bundle-[0-9-]*$/bundle-N/'
            systemctl start $it
            for _ in $(seq 300); do [ $(log $it | grep -c 0::) = 2 ] && break; sleep 0.1; done
            [ "$(running)" = 1 ] || echo "$(running) containers run"
            systemctl kill --kill-whom=main --signal=KILL $it
            wait_until $it failed
        done
        find /sys/fs/cgroup -name 'oci-bundle-*'
        [ "$(running)" = 0 ] || echo "$(running) containers still run"
        find / -xdev -name 'oci-bundle-*' 2>/dev/null
    "#;
    let expected = |(name, ..): (&str, &str, &str)| {
        format!("{name}: active\n{name}: inactive success\n0::/system.slice/{name}.service/oci-bundle-N\ngot TERM\n",)
    };
    assert_eq!(run(&services, script), SERVICES.map(expected).concat());
}

#[test]
fn a_program_says_when_it_is_ready() {
    let container = r#"more: buildContainer ({
        name = "it";
        args = [ "${pkgs.python3}/bin/python3" "-uc" ''
          import os, signal, socket, sys, time
          signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
          time.sleep(1)
          print("ready")
          socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
          time.sleep(1000)
        '' ];
      } // more)"#;
    let services = SERVICES.map(|(name, user, runtime)| {
        let command = command(&format!("({container})"), runtime);
        (name, unit(&command, &format!("User={user}\nType=notify\nNotifyAccess=all\nTimeoutStartSec=30")))
    });
    let script = r"
        for it in root-runc user-runc user-crun; do
            systemctl start $it && journalctl --sync && log $it && systemctl stop $it && state $it
        done
    ";
    assert_eq!(run(&services, script), "ready\ninactive\n".repeat(3));
}
