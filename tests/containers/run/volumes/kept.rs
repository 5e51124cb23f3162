//! What is written to a volume is there in the next run.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use super::{Home, all};
use crate::support::runner::{READONLY, container, output, prints, refusal};
use crate::support::runtime;

/// Writes a line, behind those of the runs before.
const AGAIN: &str = "cat /data/file 2>/dev/null; id -u >> /data/file; stat -c '%u:%g %a' /data";

#[test]
fn the_containers_user_finds_what_it_has_written() {
    for readonly in READONLY {
        let bundle = container(AGAIN, &format!("user = {{ uid = 1000; gid = 100; }}; {readonly}"));
        for (runtime, home) in all() {
            let printed = [0; 3].map(|_| prints(home.run(runtime, &["-v", "kept:/data"], &bundle)));
            let owner = "1000:100 755\n";
            let expected = [owner.to_owned(), format!("1000\n{owner}"), format!("1000\n1000\n{owner}")];
            assert_eq!(printed, expected, "{runtime:?} {readonly}");
            assert_eq!(home.listed(), ["kept"]);
        }
    }
}

#[test]
fn a_bundle_names_its_own() {
    let bundle = container(AGAIN, r#"volumes = [ "/data" "more:/srv/more" ]; user.uid = 1000; readonly = true;"#);
    for (runtime, home) in all() {
        let printed = [0; 2].map(|_| prints(home.run(runtime, &[], &bundle)));
        assert_eq!(printed, ["1000:1000 755\n", "1000\n1000:1000 755\n"], "{runtime:?}");
        assert_eq!(home.listed(), ["script-data", "script-more"]);
        // One of the command line takes its place.
        assert_eq!(prints(home.run(runtime, &["--volume", "other:/data"], &bundle)), "1000:1000 755\n");
        assert_eq!(home.listed(), ["other", "script-data", "script-more"]);
    }
}

#[test]
fn a_kept_user_has_the_callers_volume() {
    let bundle = container(AGAIN, "user.uid = 1000;");
    for runtime in runtime::ALL {
        let home = Home::new(1234);
        let printed = [0; 2].map(|_| prints(home.run(runtime, &["--userns=keep-id", "-v", "kept:/data"], &bundle)));
        assert_eq!(printed, ["1000:1000 755\n", "1000\n1000:1000 755\n"], "{runtime:?}");
        assert_eq!(fs::metadata(home.volumes().join("kept/data/file")).unwrap().uid(), 1234);
    }
}

#[test]
fn without_subordinate_ids_it_is_the_callers() {
    // runc has no other user then.
    let bundle = container(AGAIN, "user.uid = 1000;");
    let home = Home::with_ids(1234, "");
    for expected in ["1000:1000 755\n", "1000\n1000:1000 755\n"] {
        assert_eq!(prints(home.run(runtime::Runtime::Crun, &["-v", "kept:/data"], &bundle)), expected);
    }
}

#[test]
fn a_read_only_one_is_not_written_to() {
    let bundle = container("cat /data/file; echo more >> /data/file && echo written", "");
    let write = container("echo first > /data/file", "");
    for (runtime, home) in all() {
        assert_eq!(prints(home.run(runtime, &["-v", "kept:/data"], &write)), "");
        let output = output(home.run(runtime, &["-v", "kept:/data:ro"], &bundle));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "first\n", "{runtime:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Read-only file system"), "{output:?}");
    }
}

#[test]
fn two_containers_have_one_at_once_and_it_stays_until_both_have_ended() {
    let bundle = container("echo $1 > /data/$1; echo ready; read line; ls /data", "");
    for (runtime, home) in all() {
        let mut containers: Vec<_> = ["a", "b"]
            .map(|name| {
                let mut run = home.run(runtime, &["-v", "shared:/data"], &bundle);
                run.args(["--", "-c", "echo $0 > /data/$0; echo ready; read line; ls /data", name]);
                let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
                let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
                assert_eq!(lines.next().unwrap(), "ready", "{runtime:?}");
                (child, lines)
            })
            .into();
        while let Some((mut child, lines)) = containers.pop() {
            let said = refusal(home.volume(&["remove", "shared"]));
            assert_eq!(said, "oci-bundle: a container is using the volume 'shared'; stop it first\n");
            let json: serde_json::Value = serde_json::from_str(&prints(home.volume(&["ls", "--json"]))).unwrap();
            assert_eq!((&json[0]["name"], &json[0]["inUse"]), (&"shared".into(), &true.into()));
            child.stdin.take().unwrap().write_all(b"end\n").unwrap();
            assert_eq!(lines.collect::<Vec<_>>(), ["a", "b"]);
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(prints(home.volume(&["rm", "shared"])), "");
        assert_eq!(fs::read_dir(home.volumes()).unwrap().count(), 1, "the lock alone is left");
    }
}

#[test]
fn many_that_want_the_same_new_one_at_once_all_have_it() {
    let bundle = container("ls /data; echo x > /data/$$-$1", r#"files."/data/first".text = "";"#);
    for (runtime, home) in all() {
        let started = [(); 6].map(|()| {
            let mut run = home.run(runtime, &["-v", "new:/data"], &bundle);
            run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        });
        for child in started {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{runtime:?}: {output:?}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("first\n"), "{runtime:?}: {output:?}");
        }
        assert_eq!(crate::support::tree::names(&home.volumes()), [".lock", "new"]);
    }
}
