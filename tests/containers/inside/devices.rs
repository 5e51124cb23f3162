//! Devices, which need both a node and a rule of the container's cgroup.

use crate::support::runtime::{self, Runtime};
use crate::support::script::container;

/// The kernel's log, which every kernel has and no runtime allows; only to open it for reading would take a capability.
const NODE: &str = r#"
  devices = [ { path = "/dev/messages"; type = "c"; major = 1; minor = 11; fileMode = 438; uid = 7; gid = 8; } ];
"#;

const LOOK: &str = r#"
  stat -c '%F %t:%T %a %u:%g' /dev/messages
  { : >> /dev/messages; } 2>&1 && echo opened || true
"#;

#[test]
fn a_device_has_a_node_and_can_be_opened_if_a_rule_allows_it() {
    let node = "character special file 1:b 666 7:8\n";
    let allowed = r#"
      resources.devices = [
        { allow = false; access = "rwm"; }
        { allow = true; type = "c"; major = 1; minor = 11; access = "w"; }
      ];
    "#;
    // All of a driver: -1 is for runc, and nothing for crun.
    let all = allowed.replace("minor = 11", "minor = -1");
    let kind = allowed.replace("major = 1;", "major = -1;").replace("minor = 11", "minor = -1");
    for (rules, last) in [("", "Operation not permitted"), (allowed, "opened"), (&all, "opened"), (&kind, "opened")] {
        let bundle = container(LOOK, &format!("config.linux = {{ {NODE} {rules} }};"));
        for runtime in runtime::ALL {
            let printed = runtime.prints(&bundle);
            assert!(printed.starts_with(node) && printed.trim_end().ends_with(last), "{runtime:?}: {printed}");
        }
    }
}

#[test]
fn without_rules_the_runtime_decides() {
    let bundle = container(LOOK, &format!("config.linux = {{ {NODE} resources = null; }};"));
    // runc denies what nobody allowed also when it is not told to.
    for (runtime, last) in [(Runtime::Runc, "Operation not permitted"), (Runtime::Crun, "opened")] {
        let printed = runtime.prints(&bundle);
        assert!(printed.trim_end().ends_with(last), "{runtime:?}: {printed}");
    }
}

#[test]
fn what_a_template_leaves_unset_starts_everywhere() {
    let bundle = container(
        "echo started",
        r#"
          config.process = { apparmorProfile = ""; selinuxLabel = ""; };
          config.linux = {
            cgroupsPath = "";
            mountLabel = "";
            resources = { cpu = { period = 0; quota = 0; }; memory = { limit = 0; swap = 0; }; };
            namespaces = map (type: { inherit type; path = ""; }) [ "pid" "network" "ipc" "uts" "mount" ];
          };
        "#,
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "started\n", "{runtime:?}");
    }
}
