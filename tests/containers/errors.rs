//! Mistakes as the user sees them, in Nix's output.

use crate::nix;

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
            "name: found the string \"a b\", want a name for a store path: letters, digits and + - . _ ? =, no dot at \
             its start, and not .drv at its end",
        ),
        (
            "{ args = [ \"x\" ]; name = \"x.drv\"; }",
            "name: found the string \"x.drv\", want a name for a store path: letters, digits and + - . _ ? =, no dot at \
             its start, and not .drv at its end",
        ),
        (
            "{ args = [ \"x\" ]; config.linux.resources.memory.limit = 1.0e308 * 10; }",
            "config.linux.resources.memory.limit: found a float that is not a finite number",
        ),
        (
            "{ args = [ \"x\" ]; contents = [ (pkgs.hello // { meta.outputsToInstall = [ \"doc\" ]; }) ]; }",
            "contents: hello has no output 'doc', which its meta.outputsToInstall names",
        ),
        ("{ args = [ \"x\" ]; mount = { }; }", "mount: no such argument (did you mean 'mounts'?)"),
        (
            "{ args = [ \"x\" ]; privileged = true; }",
            "privileged: no such argument (there are: arch, args, baseFiles, checkProgram, config, contents, cwd, env, \
             files, hostname, keepReferences, mounts, name, os, readonly, runtime, store, terminal, user)",
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
            "mounts.\"/a/../b\": a mount's destination has no '..'; write the path that is meant",
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
