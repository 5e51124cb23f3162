//! System calls that fail: strace(1) injects the faults.

use crate::build::faults::{Case, listing};

#[test]
fn each_system_call_that_fails_is_named_or_does_not_matter() {
    let case = Case::new();
    let calls = case.calls();
    let good = listing(&case.out());
    let mut named = 0;
    for (call, number) in calls {
        let output = case.traced(&[&format!("--inject={call}:error=EIO:when={number}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        // What Nix's progress bar shows, where it took long.
        let said: String = said.split_inclusive('\n').filter(|line| !line.starts_with("@nix ")).collect();
        let what = format!("{call} {number}: {said}");
        if output.status.success() {
            assert!(listing(&case.out()) == good, "{what} gives another bundle");
        } else {
            assert_eq!(output.status.code(), Some(1), "{what}");
            assert!(said.starts_with("buildContainer: ") && said.matches('\n').count() == 1, "{what}");
            assert!(said.contains(['\'', '"']) || call == "clone3", "{what} names no file");
            assert!(!case.out().exists(), "{what} leaves something");
            named += 1;
        }
    }
    assert!(named > 50, "only {named} calls failed");
}

#[test]
fn a_file_that_is_shorter_than_it_was_is_named() {
    let case = Case::new();
    let output = case.traced(&["--inject=pread64:retval=0:when=1+"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("buildContainer: copying '") && said.contains("Input/output error"), "{said}");
    assert!(!case.out().exists());
}
