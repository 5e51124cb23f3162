use serde_json::json;

use super::*;

fn decode(arguments: &Value) -> Result<Definition, String> {
    Definition::decode(arguments, "x86_64-linux").map_err(|mistake| mistake.to_string())
}

#[test]
fn only_the_command_is_needed() {
    let container = decode(&json!({"args": ["/bin/x", ""], "mounts": null, "readonly": null})).unwrap();
    assert_eq!(
        container,
        Definition {
            args: vec!["/bin/x".into(), String::new()],
            base_files: true,
            capabilities: Capabilities::default(),
            check_program: true,
            config: json!({}),
            contents: Vec::new(),
            cwd: ContainerPath::root(),
            directories: Directories::new(),
            env: Environment::new(),
            files: Files::new(),
            hostname: None,
            limits: Limits::default(),
            mounts: BTreeMap::new(),
            nix_database: None,
            readonly: false,
            run: RunSettings::default(),
            seccomp: Seccomp::Default,
            store: Store::Copy,
            system: "x86_64-linux".to_owned(),
            terminal: false,
            user: User::default(),
        }
    );
}

#[test]
fn a_call_for_nixpkgs_means_the_same_here() {
    let container = decode(&json!({
        "args": ["/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-run.sh"],
        "mounts": {"/data": {"type": "none", "source": "/var/lib/mydata", "options": ["bind"]}},
        "os": "linux", "arch": "x86_64", "readonly": false,
    }))
    .unwrap();
    let mount = container.mounts[&Destination::parse("/data").unwrap()].as_ref().unwrap();
    assert_eq!((mount.kind.as_str(), mount.source.as_str()), ("none", "/var/lib/mydata"));
}

#[test]
fn null_drops_a_mount() {
    let container = decode(&json!({"args": ["x"], "mounts": {"/dev/mqueue": null}})).unwrap();
    assert_eq!(container.mounts, BTreeMap::from([(Destination::parse("/dev/mqueue").unwrap(), None)]));
}

#[test]
fn every_mistake_names_the_attribute_and_what_is_wanted() {
    let mounts = |mounts: Value| json!({"args": ["x"], "mounts": mounts});
    for (arguments, message) in [
        (json!([]), "found an empty list, want an attribute set"),
        (json!({}), "args: missing; want the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]"),
        (
            json!({"args": []}),
            "args: found an empty list, want the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]",
        ),
        (
            json!({"args": "sh -c true"}),
            "args: found the string \"sh -c true\", want a list: the command and its arguments, such as \
                 [ \"${pkgs.hello}/bin/hello\" ]",
        ),
        (json!({"args": ["x", 3]}), "args[1]: found 3 (an integer), want a string"),
        (json!({"args": ["a\0b"]}), "args[0]: found a NUL character, which no argument or path can hold"),
        (json!({"args": ["x"], "mount": {}}), "mount: no such argument (did you mean 'mounts'?)"),
        (
            json!({"args": ["x"], "platforms": {}}),
            "platforms: no such argument (there are: arch, args, baseFiles, capabilities, checkProgram, config, contents, cwd, directories, env, files, health, \
                 hostname, init, keepReferences, limits, mounts, name, network, nixDatabase, os, ports, readonly, seccomp, stopSignal, store, terminal, user, \
                 volumes)",
        ),
        (json!({"args": ["x"], "env": ["A"]}), "env[0]: found the string \"A\", want \"NAME=value\""),
        (json!({"args": ["x"], "env": ["A=1", "A=2"]}), "env[1]: A is set twice; leave one of them out"),
        (
            json!({"args": ["x"], "env": "A=1"}),
            "env: found the string \"A=1\", want an attribute set of strings, or a list of \"NAME=value\"",
        ),
        (json!({"args": ["x"], "env": {"PORT": 80}}), "env.PORT: found 80 (an integer), want a string"),
        (
            json!({"args": ["x"], "env": {"A=B": "1"}}),
            "env.\"A=B\": the name of a variable must not be empty or contain '='",
        ),
        (
            json!({"args": ["x"], "user": {"uid": -1}}),
            "user.uid: found -1 (an integer), want an integer from 0 to 4294967294",
        ),
        (json!({"args": ["x"], "user": {"uuid": 1}}), "user.uuid: no such attribute of a user (did you mean 'uid'?)"),
        (json!({"args": ["x"], "user": 1000}), "user: found 1000 (an integer), want an attribute set"),
        (
            json!({"args": ["x"], "user": {"additionalGids": [1, "2"]}}),
            "user.additionalGids[1]: found the string \"2\", want an integer from 0 to 4294967294",
        ),
        (
            json!({"args": ["x"], "user": {"umask": 22}}),
            "user.umask: found 22 (an integer), want a string of octal digits, such as \"0022\"",
        ),
        (
            json!({"args": ["x"], "user": {"umask": "0099"}}),
            "user.umask: found the string \"0099\", want a string of octal digits, such as \"0022\"",
        ),
        (
            json!({"args": ["x"], "cwd": "srv"}),
            "cwd: the working directory is an absolute path; did you mean \"/srv\"?",
        ),
        (json!({"args": ["x"], "cwd": "/srv/.."}), "cwd: the working directory has no '..'; write the path without it"),
        (json!({"args": ["x"], "hostname": ""}), "hostname: found the string \"\", want a name of 1 to 64 bytes"),
        (json!({"args": ["x"], "terminal": "no"}), "terminal: found the string \"no\", want true or false"),
        (
            json!({"args": ["x"], "config": []}),
            "config: found an empty list, want an attribute set, such as { process.noNewPrivileges = false; }",
        ),
        (
            json!({"args": ["x"], "config": {"mounts": []}}),
            "config.mounts: use the argument 'mounts', which also makes the mount points",
        ),
        (
            json!({"args": ["x"], "config": {"root": {"path": "/"}}}),
            "config.root.path: the root filesystem of the bundle is always \"rootfs\"; leave this out",
        ),
        (
            json!({"args": ["x"], "nixDatabase": true}),
            "nixDatabase: found true (a boolean), want false, or the path of a database that Nix made",
        ),
        (json!({"args": ["x"], "readonly": "yes"}), "readonly: found the string \"yes\", want true or false"),
        (
            json!({"args": ["x"], "arch": "arm64"}),
            "arch: found the string \"arm64\", want \"x86_64\", as the packages are for x86_64-linux; leave it \
                 out, or take the packages of another system",
        ),
        (mounts(json!(["/a"])), "mounts: found a list of 1, want an attribute set"),
        (
            mounts(json!({"data": "/d"})),
            "mounts.data: a mount's destination is an absolute path; did you mean \"/data\"?",
        ),
        (
            mounts(json!({"/a/../b": "/d"})),
            "mounts.\"/a/../b\": a mount's destination has no '..'; write the path without it",
        ),
        (
            mounts(json!({"//": "/d"})),
            "mounts.\"//\": a mount on \"/\" would hide the container's program; name a directory below it",
        ),
        (
            mounts(json!({"/data": "/d", "/data/": "/e"})),
            "mounts.\"/data/\": the same destination as mounts.\"/data\"; leave one of them out",
        ),
        (
            mounts(json!({"/data": 5})),
            "mounts.\"/data\": found 5 (an integer), want the path of a directory or file, { type, source, \
                 options }, or null",
        ),
        (
            mounts(json!({"/data": ""})),
            "mounts.\"/data\": found the string \"\", want the absolute path of a directory or file on the host",
        ),
        (
            mounts(json!({"/data": "srv"})),
            "mounts.\"/data\": found the string \"srv\", want the absolute path of a directory or file on the host",
        ),
        (
            mounts(json!({"/data": "/srv/data:ro"})),
            "mounts.\"/data\": found the string \"/srv/data:ro\", want only the path on the host; \
             as an attribute set, Docker's syntax is \
                 { source = \"/srv/data\"; options = [ \"rbind\" \"ro\" ]; }",
        ),
        (
            mounts(json!({"/data": {"type": "", "source": "/srv", "options": ["bind"]}})),
            "mounts.\"/data\".type: found an empty string, want a file system",
        ),
        (
            mounts(json!({"/data": {"source": "/d", "option": ["ro"]}})),
            "mounts.\"/data\".option: no such attribute of a mount (did you mean 'options'?)",
        ),
        (
            mounts(json!({"/data": {"source": "/d", "options": "ro"}})),
            "mounts.\"/data\".options: found the string \"ro\", want a list",
        ),
        (
            mounts(json!({"/data": {"type": "bind"}})),
            "mounts.\"/data\".source: a bind mount needs the host's path here, such as \"/srv/data\"",
        ),
        (
            mounts(json!({"/data": {"options": ["ro"]}})),
            "mounts.\"/data\".type: missing; want a file system such as \"tmpfs\", or a 'source' for a bind mount",
        ),
        (
            mounts(json!({"/data": {"source": "/d", "uidMappings": [{"containerID": 0, "hostID": 1, "size": 2}]}})),
            "mounts.\"/data\".gidMappings: missing; users and groups are mapped together, so give both lists",
        ),
        (
            mounts(json!({"/data": {"source": "/d", "uidMappings": [{"containerID": 0, "hostID": 1}]}})),
            "mounts.\"/data\".uidMappings[0].size: missing; the OCI runtime spec requires it",
        ),
        (
            mounts(json!({"/data": {"source": "/d", "uidMappings": [
                {"containerID": 0, "hostID": 1, "size": 2}, {"containerID": 2, "hostID": 2, "size": 2},
            ]}})),
            "mounts.\"/data\".uidMappings[1]: its hostIDs overlap those of mounts.\"/data\".uidMappings[0]",
        ),
        (
            json!({"args": ["x"], "user": {"name": "root", "uid": 5}}),
            "user.name: found \"root\", which is not the name of user 5; choose another one",
        ),
        (
            json!({"args": ["x"], "user": {"name": "web"}}),
            "user.name: the user 0 is always \"root\"; leave the name out",
        ),
        (
            json!({"args": ["x"], "user": {"name": "a:b", "uid": 5}}),
            "user.name: found the string \"a:b\", want a name of at most 32 lower-case letters, digits, '_' and \
                 '-', which starts with a letter or '_'",
        ),
        (
            json!({"args": ["x"], "user": {"home": "srv"}}),
            "user.home: a home directory is an absolute path; did you mean \"/srv\"?",
        ),
        (
            json!({"args": ["x"], "user": {"home": "/a:b"}}),
            "user.home: found the string \"/a:b\", want a path without ':' or line feeds, which /etc/passwd cannot hold",
        ),
        (json!({"args": ["x"], "baseFiles": "no"}), "baseFiles: found the string \"no\", want true or false"),
        (json!({"args": ["x"], "checkProgram": 0}), "checkProgram: found 0 (an integer), want true or false"),
        (json!({"args": ["x"], "keepReferences": 1}), "keepReferences: found 1 (an integer), want true or false"),
        (
            json!({"args": ["x"], "store": "mounts"}),
            "store: found the string \"mounts\", want one of \"copy\", \"mount\"; did you mean \"mount\"?",
        ),
        (
            mounts(json!({"/data": {"source": "/d", "mountPoint": "dir"}})),
            "mounts.\"/data\".mountPoint: found the string \"dir\", want \"directory\" or \"file\"",
        ),
    ] {
        assert_eq!(decode(&arguments), Err(message.to_owned()), "{arguments}");
    }
}

#[test]
fn a_directory_in_memory_is_the_only_mount_there() {
    let problem = |mounts: Value| {
        let arguments = json!({ "args": ["/x"], "directories": { "/run/app": { "tmpfs": true } }, "mounts": { "/run/app": mounts } });
        decode(&arguments).map(|_| ()).map_err(|error| error.clone())
    };
    let error = problem(json!("/srv")).unwrap_err();
    assert!(error.contains("tmpfs: found beside mounts.\"/run/app\"; leave one of them out"), "{error}");
    assert_eq!(problem(Value::Null), Ok(()));
}
