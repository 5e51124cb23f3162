//! A closure of ten thousand store paths.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runtime;

const COUNT: usize = 10_000;

/// A store path that refers to many others. They are put into the store as they are: Nix would take an hour to build them.
struct LargeClosure;

/// The store path of this number.
fn store_path(number: usize) -> String {
    format!("/nix/store/{number:032}-of-many")
}

/// Refers to all of them.
fn top() -> String {
    store_path(0)
}

impl LargeClosure {
    fn add() -> Self {
        let this = Self;
        let paths: Vec<_> = (1..=COUNT).map(store_path).collect();
        for (number, path) in paths.iter().enumerate() {
            fs::write(path, number.to_string()).unwrap();
        }
        fs::write(top(), paths.join("\n")).unwrap();

        // For each: the path, what it was derived from, how many it refers to, and these.
        let mut text: String = paths.iter().map(|path| format!("{path}\n\n0\n")).collect();
        text += &format!("{}\n\n{COUNT}\n{}\n", top(), paths.join("\n"));
        let mut register = nix::nix("nix-store");
        let mut register = register.arg("--register-validity").stdin(Stdio::piped()).spawn().unwrap();
        register.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(register.wait().unwrap().success());
        this
    }

    fn container(&self, arguments: &str) -> Built {
        nix::build(&format!(
            r#"buildContainer {{
                 args = [ "${{pkgs.busybox}}/bin/busybox" "tail" "-n" "1" "${{builtins.storePath "{}"}}" ];
                 {arguments}
               }}"#,
            top()
        ))
    }
}

impl Drop for LargeClosure {
    fn drop(&mut self) {
        // What was built of it goes first. Nothing is asserted: if something is left, the next test finds it in its way.
        let delete = |paths: &[String]| nix::nix("nix-store").arg("--delete").args(paths).output();
        let Ok(output) = nix::nix("nix-store").args(["--query", "--referrers-closure", &top()]).output() else {
            return;
        };
        let _ = delete(&String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>());
        let paths: Vec<_> = (1..=COUNT).map(store_path).collect();
        // More than fit into the arguments of one command.
        for paths in paths.chunks(1_000) {
            let _ = delete(paths);
        }
    }
}

#[test]
fn a_closure_of_ten_thousand_paths_is_copied_and_mounted() {
    let closure = LargeClosure::add();
    let last = store_path(COUNT);
    for store in ["copy", "mount"] {
        let bundle = closure.container(&format!("store = \"{store}\";"));
        // The closure, the program, and what that refers to.
        let names = fs::read_dir(bundle.join("rootfs/nix/store")).unwrap().count();
        assert!((COUNT + 2..COUNT + 10).contains(&names), "{store}: {names}");
        for runtime in runtime::ALL {
            assert_eq!(runtime.sealed().prints(&bundle), last, "{runtime:?}: {store}");
        }
    }
}
