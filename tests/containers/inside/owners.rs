//! Owners, modes and capabilities of files and directories, as the run's layer and images have them.

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runner::{self, container};
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::Users;

/// Everything that can be asked for.
pub const ARGUMENTS: &str = r#"
  user = { uid = 1000; gid = 100; };
  cwd = "/srv/work";
  directories = {
    "/var/lib/app" = { uid = 1000; gid = 100; mode = "0750"; };
    "/var/shared" = { mode = "1777"; };
    "/run/app" = { uid = 1000; mode = "0700"; tmpfs = true; };
    "/closed" = { mode = "0500"; uid = 7; };
  };
  files = {
    "/etc/shadow" = { text = "secret\n"; mode = "0640"; gid = 42; };
    "/opt/set-uid/cat" = { source = "${pkgs.coreutils}/bin/cat"; mode = "4755"; };
    "/opt/capable/cat" = { source = "${pkgs.coreutils}/bin/cat"; capabilities = [ "CAP_KILL" ]; };
  };
  config.process.noNewPrivileges = false;
"#;

/// Prints what there is, tries to write, and starts the programs that give rights.
pub const SCRIPT: &str = r#"
  for path in $HOME /srv/work /var/lib/app /var/shared /closed /etc/shadow /opt/set-uid/cat /opt/capable/cat; do
    stat -c '%a %u:%g %n' $path
  done
  for path in $HOME /srv/work /var/lib/app /var/shared /run/app /tmp; do touch $path/written || exit 1; done
  cat /etc/shadow 2>/dev/null && exit 2
  ls /closed 2>/dev/null && exit 3
  /opt/set-uid/cat /proc/self/status | grep ^Uid
  /opt/capable/cat /proc/self/status | grep ^CapEff
"#;

/// What it prints. `owner` is that of what is not root's.
pub fn printed(seven: u32, group: u32) -> String {
    format!(
        "755 1000:100 /home/user\n755 1000:100 /srv/work\n750 1000:100 /var/lib/app\n1777 0:0 /var/shared\n\
         500 {seven}:{seven} /closed\n640 0:{group} /etc/shadow\n4755 0:0 /opt/set-uid/cat\n755 0:0 /opt/capable/cat\n\
         Uid:\t1000\t0\t0\t0\nCapEff:\t0000000000000020\n"
    )
}

fn bundle(more: &str) -> Built {
    container(SCRIPT, &format!("{ARGUMENTS} {more}"))
}

#[test]
fn a_run_of_root_shows_what_was_asked_for() {
    for more in ["", "store = \"mount\";"] {
        let bundle = bundle(more);
        for runtime in runtime::ALL {
            let mut run = runtime.wrapper(0);
            run.arg(&*bundle);
            assert_eq!(runner::prints(run), printed(7, 42), "{runtime:?} {more}");
        }
    }
}

#[test]
fn a_run_with_subordinate_ids_shows_the_same() {
    let bundle = bundle("");
    let users = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        let output = users.run(runtime, &bundle);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), printed(7, 42), "{runtime:?}");
    }
}

#[test]
fn a_run_without_other_ids_says_whom_there_is_not() {
    let script = "stat -c '%a %u:%g %n' $HOME /closed; touch $HOME/written";
    let bundle = container(script, ARGUMENTS);
    let mut run = Runtime::Crun.wrapper(1234);
    run.arg(&*bundle);
    let output = runner::output(run);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the container has no such users to give '/closed' to 7:7, '/etc/shadow' to 0:42"), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with("755 1000:100 /home/user\n500 "), "{printed} {said}");
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_mount_of_a_user_whom_there_is_not_is_roots() {
    let arguments = "directories.\"/run/app\" = { uid = 7; tmpfs = true; };";
    let bundle = container("stat -c %u:%g /run/app", arguments);
    for runtime in runtime::ALL {
        let mut run = runtime.wrapper(1234);
        run.arg(&*bundle);
        let output = runner::output(run);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("the mount on '/run/app' belongs to root: the container has no user 7"), "{said}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "0:0\n", "{runtime:?}: {said}");
    }
}

#[test]
fn a_read_only_container_shows_them_and_writes_nothing() {
    let script = "stat -c '%a %u:%g %n' /closed /etc/shadow; ! touch $HOME/x 2>/dev/null && touch /run/app/x";
    let bundle = container(script, &format!("readonly = true; {ARGUMENTS}"));
    for runtime in runtime::ALL {
        let mut run = runtime.wrapper(0);
        run.arg(&*bundle);
        assert_eq!(runner::prints(run), "500 7:7 /closed\n640 0:42 /etc/shadow\n", "{runtime:?}");
    }
}

#[test]
fn what_is_kept_stays_as_the_container_has_left_it() {
    let state = tempfile::TempDir::new().unwrap();
    let script = "stat -c %a /var/lib/app; chmod 0701 /var/lib/app";
    let bundle = container(script, ARGUMENTS);
    for wanted in ["750\n", "701\n"] {
        let mut run = Runtime::Crun.wrapper(0);
        run.arg("--state").arg(state.path().join("kept")).arg(&*bundle);
        assert_eq!(runner::prints(run), wanted);
    }
}

#[test]
fn a_directory_in_memory_is_there_under_a_runtime_alone() {
    let bundle = container("stat -c '%a %u:%g %n' /run/app; touch /run/app/x", ARGUMENTS);
    assert_eq!(Runtime::Crun.sealed().prints(&bundle), "700 1000:1000 /run/app\n");
    // runc before 1.1.8 takes the mode of the mount point, which is that of a store.
    let bundle = container("stat -c '%u:%g %n' /run/app", ARGUMENTS);
    assert_eq!(Runtime::Runc.sealed().prints(&bundle), "1000:1000 /run/app\n");
}

#[test]
fn copies_keep_their_time_and_have_the_limit_of_what_is_written() {
    let files =
        "files.\"/large\" = { source = pkgs.runCommand \"large\" { } \"head -c 8388608 /dev/zero >$out\"; uid = 7; };";
    let bundle = container("stat -c '%u %s %Y' /large", files);
    for (limit, fits) in [("64M", true), ("4M", false)] {
        let mut run = Runtime::Crun.wrapper(0);
        run.args(["--tmpfs-size", limit]).arg(&*bundle);
        if fits {
            assert_eq!(runner::prints(run), "7 8388608 1\n");
        } else {
            let said = runner::refusal(run);
            assert!(
                said.contains("giving '/large' its owner and mode: copying it to memory, as far as --tmpfs-size"),
                "{said}"
            );
        }
    }
}

/// Anybody may write an annotation.
#[test]
fn an_annotation_leads_nowhere_else() {
    for (files, said) in [
        (
            r#"{"/etc/passwd":{"uid":1},"/nowhere":{}}"#,
            "giving '/nowhere' its owner and mode: No such file or directory",
        ),
        (r#"{"/link/x":{"uid":1}}"#, "giving '/link/x' its owner and mode: Too many levels of symbolic links"),
        (r#"{"/link":{"uid":1}}"#, "giving '/link' its owner and mode: it is neither a file nor a directory"),
        (r#"{"/../x":{"uid":1}}"#, "a file's path has no '..'"),
    ] {
        let arguments = "files.\"/link\".source = ./.;";
        let copy = crate::support::tree::writable(&nix::build(&format!(
            "buildContainer {{ args = [ \"${{pkgs.busybox}}/bin/true\" ]; {arguments} }}"
        )));
        let file = copy.path().join("config.json");
        let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        config["annotations"]["io.github.oci-bundle.files"] = files.into();
        std::fs::write(&file, config.to_string()).unwrap();
        let mut run = Runtime::Crun.wrapper(0);
        run.arg(copy.path());
        let refused = runner::refusal(run);
        assert!(refused.contains(said), "{refused}");
    }
}
