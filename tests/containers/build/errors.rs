//! Mistakes as the user sees them, in Nix's output.

use crate::support::nix;

#[test]
fn a_mistake_is_one_line_in_what_nix_says() {
    for (arguments, message) in [
        (
            "{ args = [ ]; }",
            "args: found an empty list, want a non-empty list: the command and its arguments, such as \
             [ \"${pkgs.hello}/bin/hello\" ]",
        ),
        (
            "{ }",
            "args: missing; want a non-empty list: the command and its arguments, such as \
             [ \"${pkgs.hello}/bin/hello\" ]",
        ),
        (
            "{ args = \"sh\"; }",
            "args: found the string \"sh\", want a non-empty list: the command and its arguments, such as \
             [ \"${pkgs.hello}/bin/hello\" ]",
        ),
        ("{ args = [ \"x\" 3 ]; }", "args[1]: found 3 (an integer), want a string"),
        ("{ args = [ \"x\" (x: x) ]; }", "args[1]: found a function, want a string"),
        ("[ ]", "found an empty list, want an attribute set"),
        (
            "{ args = [ \"x\" ]; mounts.\"/a\" = [ (x: x) ]; }",
            "mounts.\"/a\"[0]: found a function, want a value; is an argument of the function missing?",
        ),
        (
            "{ args = [ \"x\" ]; name = \"a b\"; }",
            "name: found the string \"a b\", want a store path name: at most 199 letters, digits and + - . _ ? =, without a \
             leading dot or a trailing .drv",
        ),
        (
            "{ args = [ \"x\" ]; name = \"x.drv\"; }",
            "name: found the string \"x.drv\", want a store path name: at most 199 letters, digits and + - . _ ? =, without a \
             leading dot or a trailing .drv",
        ),
        (
            "{ args = [ \"x\" ]; config.linux.resources.memory.limit = 1.0e308 * 10; }",
            "config.linux.resources.memory.limit: found a float that is not a finite number",
        ),
        (
            "{ args = [ \"x\" ]; contents = [ (pkgs.hello // { meta.outputsToInstall = [ \"doc\" ]; }) ]; }",
            "contents[0]: \"hello\" has no output \"doc\", which its meta.outputsToInstall names",
        ),
        ("{ args = [ \"x\" ]; mount = { }; }", "mount: no such argument (did you mean 'mounts'?)"),
        (
            "{ args = [ \"x\" ]; platforms = true; }",
            "platforms: no such argument (there are: arch, args, baseFiles, capabilities, checkProgram, config, contents, cwd, directories, env, \
             files, health, hostname, image, init, keepReferences, limits, mounts, name, network, nixDatabase, os, ports, readonly, runtime, seccomp, stopSignal, \
             store, terminal, user, volumes)",
        ),
        (
            "{ args = [ \"x\" ]; config.root.readOnly = true; }",
            "config.root.readOnly: no such field in the OCI runtime spec (did you mean 'readonly'?)",
        ),
        (
            "{ args = [ \"x\" ]; env = \"A=1\"; }",
            "env: found the string \"A=1\", want an attribute set of strings, or a list of \"NAME=value\"",
        ),
        (
            "{ args = [ \"x\" ]; user = 1000; }",
            "user: found 1000 (an integer), want an attribute set, such as { uid = 1000; }",
        ),
        (
            "{ args = [ \"x\" ]; contents = pkgs.bash; }",
            "contents: found an attribute set, want a list of packages, such as [ pkgs.bash pkgs.coreutils ]",
        ),
        ("{ args = [ \"x\" ]; contents = [ { } ]; }", "contents[0]: found an empty attribute set, want a package"),
        (
            "{ args = [ \"x\" ]; files = [ ]; }",
            "files: found an empty list, want an attribute set by path, such as { \"/etc/motd\".text = \"hello\"; }",
        ),
        (
            "{ args = [ \"x\" ]; files.\"/x\".source = \"/etc/passwd\"; }",
            "files.\"/x\".source: \"/etc/passwd\" is not in the closure; write a path as ./file, so that Nix copies it \
             to the store, and use 'mounts' for a file of the host",
        ),
        (
            "{ args = [ \"x\" ]; capabilities = \"CAP_KILL\"; }",
            "capabilities: found the string \"CAP_KILL\", want a list of capabilities, such as [ \"CAP_NET_ADMIN\" ], or \
             { add, drop }, two such lists",
        ),
        (
            "{ args = [ \"x\" ]; capabilities = [ \"NET_ADMIN\" ]; }",
            "capabilities[0]: found the string \"NET_ADMIN\", want a capability of capabilities(7); did you mean \
             \"CAP_NET_ADMIN\"?",
        ),
        (
            "{ args = [ \"x\" ]; limits = \"512M\"; }",
            "limits: found the string \"512M\", want an attribute set, such as { memory = \"512M\"; cpus = 1.5; pids = 100; }",
        ),
        (
            "{ args = [ \"x\" ]; limits.cpus = \"1.5\"; }",
            "limits.cpus: found the string \"1.5\", want a number of processors from 0.01 to 8192, such as 1.5",
        ),
        ("{ args = [ \"x\" ]; readonly = 1; }", "readonly: found 1 (an integer), want true or false"),
        (
            "{ args = [ \"x\" ]; arch = \"arm64\"; }",
            "arch: found the string \"arm64\", want \"x86_64\", as the packages are for x86_64-linux; leave it out, or \
             take the packages of another system",
        ),
        (
            "{ args = [ \"x\" ]; mounts.\"data\" = \"/d\"; }",
            "mounts.data: a mount's destination is an absolute path; did you mean \"/data\"?",
        ),
        (
            "{ args = [ \"x\" ]; mounts.\"/a/../b\" = \"/d\"; }",
            "mounts.\"/a/../b\": a mount's destination has no '..'; write the path without it",
        ),
        (
            "{ args = [ \"x\" ]; mounts = { \"/a\" = \"/d\"; \"/a/\" = \"/e\"; }; }",
            "mounts.\"/a/\": the same destination as mounts.\"/a\"; leave one of them out",
        ),
    ] {
        let said = nix::build_fails(&format!("buildContainer {arguments}"));
        let expected = format!("buildContainer: {message}");
        assert!(
            said.lines().any(|line| line.trim_start().trim_start_matches("error: ") == expected),
            "{expected}\n\n{said}"
        );
    }
}

/// The one line of a mistake.
fn said_of(arguments: &str) -> String {
    let said = nix::build_fails(&format!("buildContainer {arguments}"));
    let mut lines = said.lines().map(|line| line.trim_start().trim_start_matches("error: "));
    let line = lines.rfind(|line| line.starts_with("buildContainer: "));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn a_shape_that_nix_looks_into_is_named() {
    for (arguments, message) in [
        (
            "mounts.\"/run\" = { type = \"tmpfs\"; options = \"size=64M\"; };",
            "mounts.\"/run\".options: found the string \"size=64M\", want a list",
        ),
        ("contents = [ { outPath = 3; } ];", "contents[0]: found an attribute set, want a package"),
        (
            "contents = [ (pkgs.hello // { meta.outputsToInstall = \"out\"; }) ];",
            "contents[0].meta.outputsToInstall: found the string \"out\", want a list of the names of outputs, such as [ \"out\" ]",
        ),
        (
            "contents = [ (pkgs.hello // { meta.priority = \"5\"; }) ];",
            "contents[0].meta.priority: found the string \"5\", want an integer",
        ),
        ("config.hooks = [ ];", "config.hooks: found an empty list, want an attribute set"),
        ("env.A = { outPath = 3; };", "env.A: found an attribute set whose outPath or __toString gives no string"),
        (
            "config = let a.b = a; in a;",
            "config.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b: found values nested more than 32 levels \
             deep, want plain values; is this a package set?",
        ),
        ("env.A = /not/there;", "env.A: found the path /not/there, which does not exist"),
    ] {
        assert_eq!(
            said_of(&format!("{{ args = [ \"x\" ]; checkProgram = false; {arguments} }}")),
            format!("buildContainer: {message}")
        );
    }
}

#[test]
fn a_directory_of_a_mount_is_a_copy_or_the_hosts() {
    let path = nix::repository().join("nix");
    let path = path.display();
    for (attribute, mount) in [("", "PATH"), (".source", "{ source = PATH; options = [ \"ro\" ]; }")] {
        let container = |path: &str| {
            format!("{{ args = [ \"x\" ]; checkProgram = false; mounts.\"/work\" = {}; }}", mount.replace("PATH", path))
        };
        assert_eq!(
            said_of(&container(&path.to_string())),
            format!(
                "buildContainer: mounts.\"/work\"{attribute}: found the path {path}, a directory, which Nix would copy to the \
                 store; write \"${{{path}}}\" for that copy, or toString {path} for the directory on the host"
            )
        );
        for (way_out, source) in
            [(format!("\"${{{path}}}\""), "rootfs/nix/store/"), (format!("(toString {path})"), "/")]
        {
            let bundle = nix::build(&format!("buildContainer {}", container(&way_out)));
            let config = std::fs::read_to_string(bundle.join("config.json")).unwrap();
            let document: serde_json::Value = serde_json::from_str(&config).unwrap();
            let mut mounts = document["mounts"].as_array().unwrap().iter();
            let mount = mounts.find(|mount| mount["destination"] == "/work").unwrap();
            assert!(mount["source"].as_str().unwrap().starts_with(source), "{mount}");
        }
    }
}

#[test]
fn a_name_of_another_tool_is_answered_with_ours() {
    for (name, mentions) in [
        ("cmd", "'args'"),
        ("command", "'args'"),
        ("entrypoint", "'args'"),
        ("tag", "image.tag"),
        ("imageTag", "image.tag"),
        ("exposedPorts", "'ports'"),
        ("volume", "'mounts'"),
        ("copyToRoot", "'contents'"),
        ("runAsRoot", "'files'"),
        ("extraCommands", "'files'"),
        ("fakeRootCommands", "'files'"),
        ("enableFakechroot", "'files'"),
        ("networks", "'network'"),
        ("networkMode", "config.linux.namespaces"),
        ("healthcheck", "'health'"),
        ("fromImage", "'contents'"),
        ("maxLayers", "no layers"),
        ("layers", "no layers"),
        ("created", "has a date"),
        ("workingDir", "'cwd'"),
        ("environment", "'env'"),
        ("privileged", "'capabilities'"),
        ("capAdd", "capabilities.add"),
        ("cap_add", "capabilities.add"),
        ("capDrop", "capabilities.drop"),
        ("config.capabilities", "'capabilities'"),
        ("memory", "limits.memory"),
        ("mem_limit", "limits.memory"),
        ("memoryMax", "limits.memory"),
        ("memswap_limit", "config.linux.resources.memory.swap"),
        ("cpus", "limits.cpus"),
        ("cpu_quota", "limits.cpus"),
        ("cpuShares", "config.linux.resources.cpu.shares"),
        ("pids_limit", "limits.pids"),
        ("tasksMax", "limits.pids"),
        ("restart", "systemd"),
        ("dockerfile", "'contents'"),
        ("perms", "'files'"),
        ("initializeNixDatabase", "Nix database"),
        ("architecture", "system of its packages"),
        ("process", "config.process"),
        ("linux", "config.linux"),
        ("config.Cmd", "'args'"),
        ("config.Entrypoint", "'args'"),
        ("config.Env", "'env'"),
        ("config.User", "'user'"),
        ("config.WorkingDir", "'cwd'"),
        ("config.ExposedPorts", "'ports'"),
        ("config.Volumes", "'volumes'"),
        ("config.Labels", "config.annotations"),
        ("config.env", "'env'"),
        ("config.ports", "'ports'"),
    ] {
        let line = said_of(&format!("{{ args = [ \"x\" ]; checkProgram = false; {name} = {{ }}; }}"));
        let kind =
            if name.starts_with("config.") { "no such field in the OCI runtime spec (" } else { "no such argument (" };
        assert!(line.starts_with(&format!("buildContainer: {name}: {kind}")), "{line}");
        assert!(line.contains(mentions), "{line}");
        assert!(!line.contains("there are: ") && !line.contains("did you mean"), "{line}");
    }
}
