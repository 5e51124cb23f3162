//! Hooks: programs that the runtime starts at moments of a container's life.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::nix;
use crate::support::runtime;
use crate::support::script::container;

/// Every hook, in the order of their moments but for `poststart`, which may come before or after the program's end.
const HOOKS: [&str; 6] = ["prestart", "createRuntime", "createContainer", "startContainer", "poststop", "poststart"];

#[test]
fn every_hook_runs_at_its_moment_with_the_containers_state() {
    // The folder is at the same place inside, as `startContainer` runs there.
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    let hooks = HOOKS.map(|name| {
        // Some runtimes write the state in several lines.
        let script =
            format!(r#"read -r -d "" state; echo "$1 $GREETING" "${{state//[[:cntrl:]]/}}" >> {}"#, log.display());
        let script = nix::string(&script);
        format!(
            r#"{name} = [ {{
                 path = "${{pkgs.writeShellScript "hook" {script}}}";
                 args = [ "hook" "{name}" ];
                 env = [ "GREETING=hello" ];
               }} ];"#
        )
    });
    let bundle = container(
        &format!("echo program >> {}", log.display()),
        &format!(
            r#"mounts."{folder}" = "{folder}"; config.hooks = {{ {} }};"#,
            hooks.concat(),
            folder = folder.path().display()
        ),
    );
    for runtime in runtime::ALL {
        runtime.prints(&bundle);
        let lines = fs::read_to_string(&log).unwrap();
        fs::remove_file(&log).unwrap();

        let moments: Vec<_> = lines.lines().map(|line| line.split(' ').next().unwrap()).collect();
        let (after_start, others): (Vec<_>, Vec<_>) = moments.into_iter().partition(|name| *name == "poststart");
        assert_eq!(after_start, ["poststart"], "{runtime:?}: {lines}");
        assert_eq!(
            others,
            ["prestart", "createRuntime", "createContainer", "startContainer", "program", "poststop"],
            "{runtime:?}: {lines}"
        );

        for name in ["createRuntime", "poststop"] {
            let state = lines.lines().find_map(|line| line.strip_prefix(&format!("{name} hello "))).unwrap();
            let state: Value = serde_json::from_str(state).unwrap();
            assert_eq!(state["bundle"], bundle.to_str().unwrap(), "{runtime:?}: {lines}");
        }
    }
}
