//! The config.json of a bundle, made to fit a run of it.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::accounts::{Accounts, UserOption, Who};
use super::root::Root;
use super::users::KeepId;
use super::wishes::{Terminal, Wishes};

/// Gives the user what is wished for. The bundle's root file system says who its users are.
///
/// # Errors
/// A document without what every bundle of this project has.
pub fn adapt(mut document: Value, wishes: &Wishes, root: &Root) -> Result<Value> {
    let process = document.get_mut("process").and_then(Value::as_object_mut);
    let process = process.context("config.json has no 'process'")?;
    if let Some(asked) = user(wishes) {
        become_user(process, &asked, &Accounts::read(root))?;
    }
    wish(process, wishes)?;
    mount(&mut document, wishes)?;
    Ok(document)
}

fn wish(process: &mut Map<String, Value>, wishes: &Wishes) -> Result<()> {
    let args = process.get_mut("args").and_then(Value::as_array_mut).context("config.json has no 'process.args'")?;
    if let Some(program) = &wishes.program {
        *args = vec![json!(program)];
    }
    if !wishes.args.is_empty() {
        args.truncate(1);
        args.extend(wishes.args.iter().map(|argument| json!(argument)));
    }
    if !wishes.env.is_empty() {
        let mut env = process.get("env").and_then(Value::as_array).cloned().unwrap_or_default();
        // The last of a name holds. A file may have many thousands.
        let indices = wishes.env.iter().enumerate().map(|(index, variable)| (variable.name.as_str(), index));
        let last: HashMap<_, _> = indices.collect();
        let name_of = |old: &Value| Some(old.as_str()?.split_once('=')?.0.to_owned());
        env.retain(|old| !name_of(old).is_some_and(|name| last.contains_key(name.as_str())));
        let holding = wishes.env.iter().enumerate().filter(|(index, variable)| last[variable.name.as_str()] == *index);
        env.extend(
            holding.filter_map(|(_, variable)| Some(json!(format!("{}={}", variable.name, variable.value.as_ref()?)))),
        );
        process.insert("env".to_owned(), env.into());
    }
    process.insert("terminal".to_owned(), json!(wishes.terminal.is_some()));
    process.remove("consoleSize");
    let Some(Terminal { height, width, kind }) = &wishes.terminal else { return Ok(()) };
    // A size of nothing is one that nobody knows. crun has the right one only from here.
    if *height > 0 {
        process.insert("consoleSize".to_owned(), json!({ "height": height, "width": width }));
    }
    let is_asked_for = wishes.env.iter().any(|variable| variable.name == "TERM");
    if let (Some(kind), false, None) = (kind, is_asked_for, variable(process, "TERM")) {
        let env = process.entry("env").or_insert_with(|| json!([]));
        if let Some(env) = env.as_array_mut() {
            env.push(json!(format!("TERM={kind}")));
        }
    }
    Ok(())
}

/// Who is asked for: by `--user`, or by the ids that are kept, with which a container has the caller's files.
fn user(wishes: &Wishes) -> Option<UserOption> {
    let kept = || match wishes.userns {
        Some(KeepId { uid: Some(uid), gid }) => Some(UserOption { user: Who::Id(uid), group: gid.map(Who::Id) }),
        _ => None,
    };
    wishes.user.clone().or_else(kept)
}

/// Makes the process another user's, with that one's home directory, unless the bundle has set `HOME` to another than its
/// user's.
fn become_user(process: &mut Map<String, Value>, asked: &UserOption, accounts: &Accounts) -> Result<()> {
    let mut user = accounts.find(asked)?;
    let before = process.get("user").cloned().unwrap_or_default();
    if let Some(umask) = before.get("umask") {
        user["umask"] = umask.clone();
    }
    let home = accounts.home(before["uid"].as_u64().unwrap_or(0));
    if home.is_some() && variable(process, "HOME").as_deref() == home {
        // A user that nobody knows has the home that every engine gives one.
        let home = json!(format!("HOME={}", accounts.home(user["uid"].as_u64().unwrap_or(0)).unwrap_or("/")));
        for old in process.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
            if old.as_str().is_some_and(|old| old.starts_with("HOME=")) {
                *old = home.clone();
            }
        }
    }
    process.insert("user".to_owned(), user);
    Ok(())
}

/// A variable of the process.
fn variable(process: &Map<String, Value>, name: &str) -> Option<String> {
    let env = process.get("env").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut variables = env.filter_map(|variable| variable.split_once('='));
    variables.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

fn mount(document: &mut Value, wishes: &Wishes) -> Result<()> {
    if wishes.volumes.is_empty() {
        return Ok(());
    }
    // The field may be left out (config.md, "Mounts").
    if document.get("mounts").is_none() {
        document["mounts"] = json!([]);
    }
    let mounts = document["mounts"].as_array_mut().context("config.json: 'mounts' is not a list")?;
    for volume in &wishes.volumes {
        let destination = volume.destination.to_string();
        // With all that is mounted below it.
        let access = if volume.readonly { "rro" } else { "rw" };
        mounts.retain(|mount| mount["destination"] != json!(destination));
        // Behind the others, so that it is on top of them.
        mounts.push(json!({
            "destination": destination, "type": "bind", "source": volume.source, "options": ["rbind", access],
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::root::tests::open;
    use super::*;

    /// A root file system with nothing in it.
    fn nobody() -> Root {
        open(tempfile::TempDir::new().unwrap().path())
    }

    fn document() -> Value {
        json!({
            "process": { "args": ["a", "b"], "env": ["A=1", "AB=2"], "user": { "uid": 0, "gid": 0, "umask": 18 } },
            "mounts": [
                { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "gid=5"] },
                { "destination": "/data", "type": "tmpfs", "source": "tmpfs" },
            ],
        })
    }

    #[test]
    fn without_wishes_it_is_what_the_bundle_says() {
        let adapted = adapt(document(), &Wishes::default(), &nobody()).unwrap();
        let mut expected = document();
        expected["process"]["terminal"] = json!(false);
        assert_eq!(adapted, expected);
    }

    #[test]
    fn wishes_replace_what_has_the_same_name() {
        let wishes = Wishes {
            args: vec!["c".to_owned()],
            env: vec!["A=x=y".parse().unwrap()],
            volumes: vec!["/srv:/data/:ro".parse().unwrap()],
            user: Some("7:8".parse().unwrap()),
            terminal: Some(Terminal { height: 24, width: 80, kind: None }),
            ..Wishes::default()
        };
        let adapted = adapt(document(), &wishes, &nobody()).unwrap();
        assert_eq!(adapted["process"]["args"], json!(["a", "c"]));
        assert_eq!(adapted["process"]["env"], json!(["AB=2", "A=x=y"]));
        assert_eq!(adapted["process"]["user"], json!({ "uid": 7, "gid": 8, "umask": 18 }));
        assert_eq!(adapted["process"]["consoleSize"], json!({ "height": 24, "width": 80 }));
        let mounts: Vec<_> = adapted["mounts"].as_array().unwrap().iter().map(|mount| &mount["destination"]).collect();
        assert_eq!(mounts, ["/dev/pts", "/data"]);
        assert_eq!(adapted["mounts"][1]["options"], json!(["rbind", "rro"]));
    }

    /// With a look through all for each, this would not end in reasonable time.
    #[test]
    fn the_last_of_many_variables_holds() {
        let env = (0..200_000).map(|n| format!("V{}={n}", n % 100_000).parse().unwrap());
        let wishes = Wishes { env: env.collect(), ..Wishes::default() };
        let mut process = document()["process"].as_object().unwrap().clone();
        wish(&mut process, &wishes).unwrap();
        let env = process["env"].as_array().unwrap();
        assert_eq!((env.len(), &env[..3]), (100_002, &[json!("A=1"), json!("AB=2"), json!("V0=100000")][..]));
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        for (text, message) in [
            (json!({}), "config.json has no 'process'"),
            (json!({ "process": {} }), "config.json has no 'process.args'"),
        ] {
            assert_eq!(adapt(text, &Wishes::default(), &nobody()).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_variable_without_a_value_is_removed() {
        let env = vec!["A".parse().unwrap(), "NONE".parse().unwrap()];
        let adapted = adapt(document(), &Wishes { env, ..Wishes::default() }, &nobody()).unwrap();
        assert_eq!(adapted["process"]["env"], json!(["AB=2"]));
    }

    #[test]
    fn a_terminal_brings_its_type_unless_there_is_one() {
        let env = |env: Value, asked: &[&str]| {
            let mut document = document();
            document["process"]["env"] = env;
            let wishes = Wishes {
                env: asked.iter().map(|variable| variable.parse().unwrap()).collect(),
                terminal: Some(Terminal { height: 0, width: 0, kind: Some("foot".to_owned()) }),
                ..Wishes::default()
            };
            adapt(document, &wishes, &nobody()).unwrap()["process"]["env"].clone()
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
        let home = |home: &str, wishes: &Wishes| {
            let mut document = document();
            document["process"]["user"]["uid"] = json!(1000);
            document["process"]["env"] = json!([home, "A=1"]);
            let adapted = adapt(document, wishes, &root).unwrap();
            adapted["process"]["env"][0].as_str().unwrap().to_owned()
        };
        let user = |user: &str| Wishes { user: Some(user.parse().unwrap()), ..Wishes::default() };
        let kept = KeepId { uid: Some(0), gid: None };
        assert_eq!(home("HOME=/home/web", &user("0")), "HOME=/root");
        assert_eq!(home("HOME=/home/web", &user("web")), "HOME=/home/web");
        assert_eq!(home("HOME=/home/web", &user("7")), "HOME=/");
        assert_eq!(home("HOME=/home/web", &Wishes { userns: Some(kept), ..Wishes::default() }), "HOME=/root");
        // Somebody chose these.
        assert_eq!(home("HOME=/srv", &user("0")), "HOME=/srv");
        assert_eq!(home("B=2", &user("0")), "B=2");
        let asked = Wishes { env: vec!["HOME=/x".parse().unwrap()], ..user("0") };
        assert_eq!(home("HOME=/home/web", &asked), "A=1");
    }
}
