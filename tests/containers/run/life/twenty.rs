//! Many containers at once.

use std::process::Stdio;

use super::server;
use crate::support::life::Life;
use crate::support::runner::USERS;
use crate::support::runtime::Runtime;

#[test]
fn twenty_containers_run_beside_each_other() {
    let bundle = server("");
    for (runtime, uid) in [Runtime::Crun, Runtime::Runc].into_iter().zip(USERS) {
        let life = Life::new(runtime, uid);
        let names: Vec<_> = (0..20).map(|number| format!("c{number:02}")).collect();
        let start = |name: &String| {
            let mut run = life.run(&["--detach", "--name", name]);
            run.arg(&bundle).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let starts: Vec<_> = names.iter().map(start).collect();
        for (name, start) in names.iter().zip(starts) {
            let output = start.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}\n"), "{life}: {output:?}");
        }
        let listed = life.listed();
        let found: Vec<_> = listed.iter().map(|container| container["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{life}");
        assert!(listed.iter().all(|container| container["state"] == "running"), "{life}: {listed:?}");
        // All at once.
        let enter = |name: &String| {
            let words = ["exec", name, "--", "sh", "-c", "echo $1", "sh", name];
            life.command(&words).stdout(Stdio::piped()).spawn().unwrap()
        };
        let entered: Vec<_> = names.iter().map(enter).collect();
        for (name, exec) in names.iter().zip(entered) {
            let output = exec.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}\n"), "{life}: {output:?}");
        }
        for name in &names {
            let output = life.output(&["logs", name]);
            assert_eq!(
                (output.stdout, output.stderr),
                (b"to stdout\n".to_vec(), b"to stderr\n".to_vec()),
                "{life}: {name}"
            );
        }
        let words: Vec<_> = ["stop"].into_iter().chain(names.iter().map(String::as_str)).collect();
        assert_eq!(life.prints(&words), names.join("\n") + "\n", "{life}");
    }
}
