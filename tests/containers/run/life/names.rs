//! Names: one container has each at a time.

use std::process::{Child, Stdio};

use super::server;
use crate::support::life::{Life, refusal};
use crate::support::runner::all;

#[test]
fn of_two_that_want_one_name_at_once_one_runs() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        for _ in 0..3 {
            let start = |_| -> Child {
                let mut run = life.run(&["--detach", "--name", "web"]);
                run.arg(&bundle).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let both: Vec<_> = (0..2).map(start).collect();
            let outputs: Vec<_> = both.into_iter().map(|run| run.wait_with_output().unwrap()).collect();
            let (ran, refused): (Vec<_>, Vec<_>) = outputs.iter().partition(|output| output.status.success());
            assert_eq!((ran.len(), refused.len()), (1, 1), "{life}: {outputs:?}");
            assert_eq!(ran[0].stdout, b"web\n", "{life}");
            let said = "--name: a container 'web' runs already; 'oci-bundle stop web' stops it, or choose another name";
            assert_eq!(refusal(refused[0]), said, "{life}");
            assert_eq!(life.listed().len(), 1, "{life}");
            life.prints(&["stop", "web"]);
        }
    }
}

#[test]
fn a_name_that_is_taken_is_refused_in_the_foreground_too() {
    let bundle = server("");
    for (runtime, uid) in all() {
        let life = Life::new(runtime, uid);
        let run = life.attend("web", &[], &bundle);
        for words in [&["--name", "web"][..], &["--detach", "--name", "web"]] {
            let said = refusal(&life.run(words).arg(&bundle).output().unwrap());
            assert!(said.starts_with("--name: a container 'web' runs already; "), "{life}: {said}");
        }
        life.prints(&["stop", "web"]);
        assert!(run.wait_with_output().unwrap().status.success());
    }
}

#[test]
fn users_do_not_see_each_other() {
    let bundle = server("");
    let [root, user] = crate::support::runner::USERS.map(|uid| Life::new(crate::support::runtime::Runtime::Crun, uid));
    root.detach("web", &[], &bundle);
    user.detach("web", &[], &bundle);
    let [one, other] = [&root, &user].map(|life| life.monitor("web"));
    assert_ne!(one, other);
    user.prints(&["stop", "web"]);
    assert_eq!(root.state("web"), "running");
    root.prints(&["stop", "web"]);
}
