//! The config.json of a bundle, made to fit a run of it.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::wishes::{Terminal, Wishes};

/// Adapts the document for root or for an ordinary user, and says what was left out of it.
///
/// # Errors
/// A document without what every bundle of this project has.
pub fn adapt(mut document: Value, wishes: &Wishes, is_root: bool) -> Result<(Value, Vec<String>)> {
    let process = document.get_mut("process").and_then(Value::as_object_mut);
    wish(process.context("config.json has no 'process'")?, wishes)?;
    mount(&mut document, wishes)?;
    let mut left_out = Vec::new();
    if !is_root {
        without_rights(&mut document, &mut left_out);
    }
    Ok((document, left_out))
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
        process.insert("user".to_owned(), json!({ "uid": uid, "gid": gid }));
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
    let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) else {
        bail!("config.json has no 'mounts'");
    };
    for volume in &wishes.volumes {
        let destination = volume.destination.to_string();
        let access = if volume.readonly { "ro" } else { "rw" };
        mounts.retain(|mount| mount["destination"] != json!(destination));
        // Behind the others, so that it is on top of them.
        mounts.push(json!({
            "destination": destination, "type": "bind", "source": volume.source, "options": ["rbind", access],
        }));
    }
    Ok(())
}

/// Takes out what an ordinary user may not do. Such a user is root in a user namespace where nobody else is.
fn without_rights(document: &mut Value, left_out: &mut Vec<String>) {
    let linux = document.get_mut("linux").and_then(Value::as_object_mut);
    if let Some(linux) = linux {
        if let Some(resources) = linux.remove("resources").as_ref().and_then(Value::as_object) {
            let limits: Vec<_> = resources.keys().map(String::as_str).filter(|name| *name != "devices").collect();
            if !limits.is_empty() {
                left_out.push(format!("left out the limits of {}, which take root", limits.join(", ")));
            }
        }
    }
    if let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) {
        for options in mounts.iter_mut().filter_map(|mount| mount.get_mut("options")?.as_array_mut()) {
            options.retain(|option| !option.as_str().is_some_and(|option| option.starts_with("gid=")));
        }
    }
    let user = document["process"]["user"].take();
    let id = |name: &str| user[name].as_u64().unwrap_or(0);
    let (uid, gid) = (id("uid"), id("gid"));
    if user.get("additionalGids").is_some() {
        left_out.push("left out process.user.additionalGids, which take root".to_owned());
    }
    document["process"]["user"] = json!({ "uid": uid, "gid": gid });
    if let Some(umask) = user.get("umask") {
        document["process"]["user"]["umask"] = umask.clone();
    }
    if (uid, gid) != (0, 0) && document["linux"].get("uidMappings").is_none() {
        // A user namespace in that one, in which the one user that there is has this number.
        if let Some(namespaces) = document["linux"]["namespaces"].as_array_mut() {
            namespaces.push(json!({ "type": "user" }));
        }
        document["linux"]["uidMappings"] = json!([{ "containerID": uid, "hostID": 0, "size": 1 }]);
        document["linux"]["gidMappings"] = json!([{ "containerID": gid, "hostID": 0, "size": 1 }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "process": { "args": ["a", "b"], "env": ["A=1", "AB=2"], "user": { "uid": 0, "gid": 0 } },
            "mounts": [
                { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "gid=5"] },
                { "destination": "/data", "type": "tmpfs", "source": "tmpfs" },
            ],
            "linux": { "namespaces": [{ "type": "mount" }], "resources": { "devices": [], "memory": { "limit": 1 } } },
        })
    }

    #[test]
    fn without_wishes_root_gets_what_the_bundle_says() {
        let (adapted, left_out) = adapt(document(), &Wishes::default(), true).unwrap();
        let mut expected = document();
        expected["process"]["terminal"] = json!(false);
        assert_eq!(adapted, expected);
        assert_eq!(left_out, Vec::<String>::new());
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
        let (adapted, _) = adapt(document(), &wishes, true).unwrap();
        assert_eq!(adapted["process"]["args"], json!(["a", "c"]));
        assert_eq!(adapted["process"]["env"], json!(["AB=2", "A=x=y"]));
        assert_eq!(adapted["process"]["user"], json!({ "uid": 7, "gid": 8 }));
        assert_eq!(adapted["process"]["consoleSize"], json!({ "height": 24, "width": 80 }));
        let mounts: Vec<_> = adapted["mounts"].as_array().unwrap().iter().map(|mount| &mount["destination"]).collect();
        assert_eq!(mounts, ["/dev/pts", "/data"]);
        assert_eq!(adapted["mounts"][1]["options"], json!(["rbind", "ro"]));
    }

    #[test]
    fn a_user_goes_without_what_takes_root_and_is_told() {
        let mut asked = document();
        asked["process"]["user"] = json!({ "uid": 5, "gid": 6, "additionalGids": [7], "umask": 18 });
        let (adapted, left_out) = adapt(asked, &Wishes::default(), false).unwrap();
        assert_eq!(adapted["linux"].get("resources"), None);
        assert_eq!(adapted["mounts"][0]["options"], json!(["nosuid"]));
        assert_eq!(adapted["process"]["user"], json!({ "uid": 5, "gid": 6, "umask": 18 }));
        assert_eq!(adapted["linux"]["uidMappings"], json!([{ "containerID": 5, "hostID": 0, "size": 1 }]));
        assert_eq!(adapted["linux"]["gidMappings"], json!([{ "containerID": 6, "hostID": 0, "size": 1 }]));
        assert_eq!(adapted["linux"]["namespaces"], json!([{ "type": "mount" }, { "type": "user" }]));
        assert_eq!(
            left_out,
            ["left out the limits of memory, which take root", "left out process.user.additionalGids, which take root"]
        );
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        for (text, message) in [
            (json!({}), "config.json has no 'process'"),
            (json!({ "process": {} }), "config.json has no 'process.args'"),
        ] {
            assert_eq!(adapt(text, &Wishes::default(), true).unwrap_err().to_string(), message);
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
