//! Limits of memory, processes and files, looked at from inside.

use crate::support::nix;
use crate::support::runner;
use crate::support::runtime;
use crate::support::script::container;

#[test]
fn limits_of_memory_and_processes_are_those_of_the_containers_cgroup() {
    // Each version of cgroups has files of its own. The second one, without a namespace for it, shows the machine's tree.
    let bundle = container(
        r#"
          own=$(grep ^0:: /proc/self/cgroup || true)
          for file in /sys/fs/cgroup/{memory/memory.limit_in_bytes,pids/pids.max,"${own#0::}"/{memory,pids}.max}; do
            [ ! -e "$file" ] || cat "$file"
          done
        "#,
        "config.linux.resources = { memory.limit = 67108864; pids.limit = 77; };",
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "67108864\n77\n", "{runtime:?}");
    }
}

#[test]
fn limits_of_the_argument_are_those_of_the_containers_cgroup() {
    let bundle = container(
        r#"
          own=$(grep ^0:: /proc/self/cgroup || true)
          for file in /sys/fs/cgroup/{memory/memory.limit_in_bytes,pids/pids.max,cpu/cpu.cfs_quota_us,cpu/cpu.cfs_period_us} \
              /sys/fs/cgroup/"${own#0::}"/{memory,pids,cpu}.max; do
            [ ! -e "$file" ] || cat "$file"
          done
        "#,
        r#"limits = { memory = "64M"; cpus = 1.5; pids = 77; };"#,
    );
    for runtime in runtime::ALL {
        let words = |printed: &str| printed.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let wanted = ["67108864", "77", "150000", "100000"];
        assert_eq!(words(&runtime.prints(&bundle)), wanted, "{runtime:?}");
        let mut run = runtime.wrapper(0);
        run.arg(&*bundle);
        assert_eq!(words(&runner::prints(run)), wanted, "{runtime:?}, by oci-bundle run");
    }
}

#[test]
fn a_program_that_starts_more_processes_than_its_limit_fails() {
    for (limits, can) in [("limits.pids = 5;", false), ("limits.pids = 50;", true)] {
        let script = "for i in 0 1 2 3 4 5 6 7; do sleep 1 & done; echo all";
        let bundle = runner::container(script, limits);
        for runtime in runtime::ALL {
            let mut run = runtime.wrapper(0);
            run.arg(&*bundle);
            let output = runner::output(run);
            assert_eq!(output.stdout == b"all\n", can, "{runtime:?}: {limits} {output:?}");
        }
    }
}

#[test]
fn an_ordinary_user_runs_without_limits_and_is_told() {
    let bundle = runner::container("echo ran", "limits.memory = \"64M\";");
    for runtime in runtime::ALL {
        let mut run = runtime.wrapper(1234);
        run.arg(&*bundle);
        let output = runner::output(run);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.stdout, b"ran\n", "{runtime:?}: {said}");
        assert!(said.contains("memory limits dropped"), "{runtime:?}: {said}");
    }
}

#[test]
fn a_program_that_takes_more_than_its_memory_is_killed() {
    const MEBIBYTE: u32 = 1 << 20;
    // dd takes, and fills, a buffer of a block.
    let of_limit = |limit: u32| {
        nix::build(&format!(
            r#"buildContainer {{
                 args = [ "${{pkgs.coreutils}}/bin/dd" "if=/dev/zero" "of=/dev/null" "bs=128M" "count=1" ];
                 config.linux.resources.memory = {{ limit = {limit}; swap = {limit}; }};
                 readonly = true;
               }}"#
        ))
    };
    let (small, large) = (of_limit(32 * MEBIBYTE), of_limit(512 * MEBIBYTE));
    for runtime in runtime::ALL {
        // 128 and the number of SIGKILL.
        let output = runtime.run(&small);
        assert_eq!(output.status.code(), Some(137), "{runtime:?}: {output:?}");
        runtime.prints(&large);
    }
}

#[test]
fn limits_of_the_process_are_those_asked_for() {
    let bundle = container(
        r#"
          grep -E '^Max (cpu time|core file size|open files|processes) ' /proc/self/limits
          exec 255> /dev/null
          exec 256> /dev/null || echo no more files
        "#,
        r#"config.process.rlimits = [
             { type = "RLIMIT_CPU"; soft = 100; hard = 200; }
             { type = "RLIMIT_CORE"; soft = 0; hard = -1; }
             { type = "RLIMIT_NOFILE"; soft = 256; hard = 512; }
             { type = "RLIMIT_NPROC"; soft = 300; hard = 400; }
           ];"#,
    );
    for runtime in runtime::ALL {
        let printed = runtime.prints(&bundle);
        let lines: Vec<_> = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines,
            [
                "Max cpu time 100 200 seconds",
                "Max core file size 0 unlimited bytes",
                "Max processes 300 400 processes",
                "Max open files 256 512 files",
                "no more files",
            ],
            "{runtime:?}"
        );
    }
}

#[test]
fn the_score_for_the_oom_killer_is_the_one_asked_for() {
    // To lower it takes a capability that not every root has.
    let bundle = container("cat /proc/self/oom_score_adj", "config.process.oomScoreAdj = 987;");
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "987\n", "{runtime:?}");
    }
}
