use super::*;
use crate::runner::files::root_dir::tests::open;

/// A root file system with nothing in it.
fn nobody() -> RootDir {
    open(tempfile::TempDir::new().unwrap().path())
}

fn config() -> RuntimeConfig {
    RuntimeConfig::from(json!({
        "process": { "args": ["a", "b"], "env": ["A=1", "AB=2"], "user": { "uid": 0, "gid": 0, "umask": 18 } },
        "mounts": [
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "gid=5"] },
            { "destination": "/data", "type": "tmpfs", "source": "tmpfs" },
        ],
    }))
}

#[test]
fn without_wishes_it_is_what_the_bundle_says() {
    let adapted = apply_overrides(config(), &Overrides::default(), &nobody()).unwrap();
    let mut expected = config();
    expected["process"]["terminal"] = json!(false);
    assert_eq!(adapted, expected);
}

#[test]
fn wishes_replace_what_has_the_same_name() {
    let overrides = Overrides {
        args: vec!["c".to_owned()],
        env: vec!["A=x=y".parse().unwrap()],
        volumes: vec!["/srv:/data/:ro".parse().unwrap()],
        user: Some("7:8".parse().unwrap()),
        terminal: Some(Terminal { height: 24, width: 80, kind: None }),
        ..Overrides::default()
    };
    let adapted = apply_overrides(config(), &overrides, &nobody()).unwrap();
    assert_eq!(adapted["process"]["args"], json!(["a", "c"]));
    assert_eq!(adapted["process"]["env"], json!(["AB=2", "A=x=y"]));
    assert_eq!(adapted["process"]["user"], json!({ "uid": 7, "gid": 8, "umask": 18 }));
    assert_eq!(adapted["process"]["consoleSize"], json!({ "height": 24, "width": 80 }));
    let mounts: Vec<_> = adapted["mounts"].as_array().unwrap().iter().map(|mount| &mount["destination"]).collect();
    assert_eq!(mounts, ["/dev/pts", "/data"]);
    assert_eq!(adapted["mounts"][1]["options"], json!(["rbind", "rro"]));
}

#[test]
fn an_init_stays_in_front_of_another_program() {
    let with_init = |change: &Overrides| {
        let mut config = config();
        config["process"]["args"] = json!(["/bin/init", "--", "a", "b"]);
        config["annotations"] = json!({ "io.github.oci-bundle.run": r#"{"init":"/bin/init"}"# });
        apply_overrides(config, change, &nobody()).unwrap()["process"]["args"].clone()
    };
    let (args, program) = (vec!["c".to_owned(), "d".to_owned()], Some("sh".to_owned()));
    let change = Overrides { args, ..Overrides::default() };
    assert_eq!(with_init(&change), json!(["/bin/init", "--", "a", "c", "d"]));
    assert_eq!(
        with_init(&Overrides { program: program.clone(), ..change }),
        json!(["/bin/init", "--", "sh", "c", "d"])
    );
    assert_eq!(with_init(&Overrides { program, ..Overrides::default() }), json!(["/bin/init", "--", "sh"]));
    assert_eq!(with_init(&Overrides::default()), json!(["/bin/init", "--", "a", "b"]));
}

/// With a look through all for each, this would not end in reasonable time.
#[test]
fn the_last_of_many_variables_holds() {
    let env = (0..200_000).map(|n| format!("V{}={n}", n % 100_000).parse().unwrap());
    let overrides = Overrides { env: env.collect(), ..Overrides::default() };
    let mut process = config()["process"].as_object().unwrap().clone();
    change_process(&mut process, &overrides);
    let env = process["env"].as_array().unwrap();
    assert_eq!((env.len(), &env[..3]), (100_002, &[json!("A=1"), json!("AB=2"), json!("V0=100000")][..]));
}

#[test]
fn what_is_no_bundle_is_refused() {
    for (text, message) in
        [(json!({}), "config.json has no 'process'"), (json!({ "process": {} }), "config.json has no 'process.args'")]
    {
        assert_eq!(apply_overrides(text.into(), &Overrides::default(), &nobody()).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_variable_without_a_value_is_removed() {
    let env = vec!["A".parse().unwrap(), "NONE".parse().unwrap()];
    let adapted = apply_overrides(config(), &Overrides { env, ..Overrides::default() }, &nobody()).unwrap();
    assert_eq!(adapted["process"]["env"], json!(["AB=2"]));
}

#[test]
fn a_terminal_brings_its_type_unless_there_is_one() {
    let env = |env: Value, asked: &[&str]| {
        let mut config = config();
        config["process"]["env"] = env;
        let overrides = Overrides {
            env: asked.iter().map(|variable| variable.parse().unwrap()).collect(),
            terminal: Some(Terminal { height: 0, width: 0, kind: Some("foot".to_owned()) }),
            ..Overrides::default()
        };
        apply_overrides(config, &overrides, &nobody()).unwrap()["process"]["env"].clone()
    };
    assert_eq!(env(json!(["A=1"]), &[]), json!(["A=1", "TERM=foot"]));
    assert_eq!(env(json!(["TERM=vt100"]), &[]), json!(["TERM=vt100"]));
    assert_eq!(env(json!([]), &["TERM=x"]), json!(["TERM=x"]));
    // The caller has none, and asked for that.
    assert_eq!(env(json!([]), &["TERM"]), json!([]));
}

#[test]
fn home_follows_the_user_where_it_is_that_of_the_bundles_user() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("etc")).unwrap();
    let passwd = "root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\n";
    std::fs::write(folder.path().join("etc/passwd"), passwd).unwrap();
    let root = open(folder.path());
    let home = |home: &str, overrides: &Overrides| {
        let mut config = config();
        config["process"]["user"]["uid"] = json!(1000);
        config["process"]["env"] = json!([home, "A=1"]);
        let adapted = apply_overrides(config, overrides, &root).unwrap();
        adapted["process"]["env"][0].as_str().unwrap().to_owned()
    };
    let user = |user: &str| Overrides { user: Some(user.parse().unwrap()), ..Overrides::default() };
    let kept = KeepId { uid: Some(0), gid: None };
    assert_eq!(home("HOME=/home/web", &user("0")), "HOME=/root");
    assert_eq!(home("HOME=/home/web", &user("web")), "HOME=/home/web");
    assert_eq!(home("HOME=/home/web", &user("7")), "HOME=/");
    assert_eq!(home("HOME=/home/web", &Overrides { userns: Some(kept), ..Overrides::default() }), "HOME=/root");
    // Somebody chose these.
    assert_eq!(home("HOME=/srv", &user("0")), "HOME=/srv");
    assert_eq!(home("B=2", &user("0")), "B=2");
    let asked = Overrides { env: vec!["HOME=/x".parse().unwrap()], ..user("0") };
    assert_eq!(home("HOME=/home/web", &asked), "A=1");
}
