//! An end at any moment.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::build::faults::{Case, listing};
use crate::support::nix;
use crate::support::runtime::Runtime;

#[test]
fn what_is_killed_has_no_config_and_is_built_again() {
    let case = Case::new();
    let calls = case.calls();
    let good = listing(&case.out());
    let mut unfinished = 0;
    for (call, number) in calls {
        let output = case.traced(&[&format!("--inject={call}:signal=KILL:when={number}")]);
        // A busy machine has calls that tell of the progress, and is not as busy the next time.
        let was_killed = output.status.signal() == Some(9);
        assert!(was_killed || output.status.success(), "{call} {number}: {output:?}");
        if case.out().join("config.json").exists() {
            assert!(listing(&case.out()) == good, "{call} {number} leaves a part with a config.json");
        } else {
            unfinished += 1;
        }
    }
    assert!(unfinished > 50, "only {unfinished} were not finished");
    assert!(case.build(&["env"]).status.success());
    assert!(listing(&case.out()) == good);
}

/// The builder that a `nix-build` has started, once it runs, unless that ends before.
fn builder_of(nix_build: &mut Child) -> Option<u32> {
    let ancestor = nix_build.id();
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let is_below = |pid: u32| std::iter::successors(Some(pid), |pid| parent(*pid)).any(|pid| pid == ancestor);
    let is_builder = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line == b"oci-bundle-builder\0build\0" && is_below(*pid)
    };
    while nix_build.try_wait().unwrap().is_none() {
        let mut processes = fs::read_dir("/proc").unwrap().flatten();
        let found = processes.find_map(|entry| entry.file_name().to_str()?.parse().ok().filter(is_builder));
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn nix_builds_again_what_was_killed() {
    let mut killed = 0;
    for milliseconds in [0, 2, 5, 10, 20, 40] {
        // Another container each time, as those that were built are not built again.
        let expression = format!(
            r#"buildContainer {{
                 args = [ "python3" "-c" "print('whole')" ];
                 contents = [ pkgs.python3 pkgs.busybox ];
                 env.RUN = "{} {milliseconds}";
               }}"#,
            std::process::id()
        );
        nix::instantiate(&expression);
        let mut build = nix::nix_build(&expression);
        let mut build = build.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if let Some(builder) = builder_of(&mut build) {
            thread::sleep(Duration::from_millis(milliseconds));
            // It may have ended by now.
            let _ = Command::new("kill").args(["-KILL", &builder.to_string()]).stderr(Stdio::null()).status();
        }
        killed += usize::from(!build.wait().unwrap().success());
        assert_eq!(Runtime::Runc.sealed().prints(&nix::build(&expression)), "whole\n");
    }
    assert!(killed > 0);
}
