//! The config.json of a bundle, made to fit a run of it.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::wishes::{Terminal, Wishes};

/// Gives the user what is wished for.
///
/// # Errors
/// A document without what every bundle of this project has.
pub fn adapt(mut document: Value, wishes: &Wishes) -> Result<Value> {
    let process = document.get_mut("process").and_then(Value::as_object_mut);
    wish(process.context("config.json has no 'process'")?, wishes)?;
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
        for variable in &wishes.env {
            let start = format!("{}=", variable.name);
            env.retain(|old| !old.as_str().is_some_and(|old| old.starts_with(&start)));
            env.push(json!(start + &variable.value));
        }
        process.insert("env".to_owned(), env.into());
    }
    if let Some((uid, gid)) = wishes.user {
        let umask = process.get("user").and_then(|user| user.get("umask")).cloned();
        let mut user = json!({ "uid": uid, "gid": gid });
        if let Some(umask) = umask {
            user["umask"] = umask;
        }
        process.insert("user".to_owned(), user);
    }
    process.insert("terminal".to_owned(), json!(wishes.terminal.is_some()));
    process.remove("consoleSize");
    // A size of nothing is one that nobody knows. crun has the right one only from here.
    if let Some(Terminal { height, width }) = wishes.terminal.filter(|terminal| terminal.height > 0) {
        process.insert("consoleSize".to_owned(), json!({ "height": height, "width": width }));
    }
    Ok(())
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
    use super::*;

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
        let adapted = adapt(document(), &Wishes::default()).unwrap();
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
            user: Some((7, 8)),
            terminal: Some(Terminal { height: 24, width: 80 }),
            ..Wishes::default()
        };
        let adapted = adapt(document(), &wishes).unwrap();
        assert_eq!(adapted["process"]["args"], json!(["a", "c"]));
        assert_eq!(adapted["process"]["env"], json!(["AB=2", "A=x=y"]));
        assert_eq!(adapted["process"]["user"], json!({ "uid": 7, "gid": 8, "umask": 18 }));
        assert_eq!(adapted["process"]["consoleSize"], json!({ "height": 24, "width": 80 }));
        let mounts: Vec<_> = adapted["mounts"].as_array().unwrap().iter().map(|mount| &mount["destination"]).collect();
        assert_eq!(mounts, ["/dev/pts", "/data"]);
        assert_eq!(adapted["mounts"][1]["options"], json!(["rbind", "rro"]));
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        for (text, message) in [
            (json!({}), "config.json has no 'process'"),
            (json!({ "process": {} }), "config.json has no 'process.args'"),
        ] {
            assert_eq!(adapt(text, &Wishes::default()).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_volume_is_an_absolute_path_and_a_place() {
        for (text, problem) in [
            ("/a", "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro"),
            ("a:/b", "found the source 'a', want an absolute path"),
            ("/a:b", "a mount's destination is an absolute path; did you mean \"/b\"?"),
            ("/a:/b:x", "found the option 'x', want ro or rw"),
        ] {
            assert_eq!(text.parse::<super::super::Volume>().unwrap_err(), problem);
        }
        assert_eq!("x".parse::<super::super::Variable>().unwrap_err(), "want NAME=VALUE");
    }
}
