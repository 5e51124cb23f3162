//! A test in a user namespace and a network namespace of its own, as a script's supervisor has them.

use std::env;
use std::process::Command;

/// Says to a test that it is there.
const INSIDE: &str = "OCI_BUNDLE_TEST_OF_NETWORK";

/// Does something there, where this process is root. Namespaces are made before there are threads (`unshare(2)`), and a test is a
/// thread: so this program runs once more, with this test alone.
pub fn in_own_namespaces(test: &str, act: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return act();
    }
    let module = module_path!().split_once("::").unwrap().1.rsplit_once("::").unwrap().0;
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    // A name that no test has would be no failure.
    assert!(output.status.success() && said.contains("test result: ok. 1 passed"), "{said}");
}
