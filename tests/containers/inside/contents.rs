//! Packages at `/`, files, and the base files: what programs in the container find.

use crate::support::nix;
use crate::support::runtime;

/// What a shell script prints in a container with these arguments beside `args`.
fn script_prints(script: &str, arguments: &str) -> [String; 2] {
    let bundle = nix::build(&format!(
        "buildContainer {{ args = [ \"${{pkgs.bash}}/bin/bash\" \"-euc\" ''{script}'' ]; readonly = true; {arguments} }}"
    ));
    runtime::ALL.map(|runtime| runtime.prints(&bundle))
}

#[test]
fn bash_and_coreutils_make_a_shell() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "bash" "-c" "ls /bin/ls && echo $PATH | cat && type cat" ];
             contents = [ pkgs.bash pkgs.coreutils ];
             readonly = true;
           }"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(
            runtime.prints(&bundle),
            "/bin/ls\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\ncat is /bin/cat\n",
            "{runtime:?}"
        );
    }
}

#[test]
fn what_nixpkgs_image_builders_use_works_as_it_does_there() {
    let printed = script_prints(
        "/bin/sh -c \"echo sh\"; /usr/bin/env echo env; grep nobody /etc/passwd; wc -l < /etc/ssl/certs/ca-bundle.crt",
        "contents = with pkgs; [ coreutils gnugrep dockerTools.binSh dockerTools.usrBinEnv dockerTools.fakeNss
           dockerTools.caCertificates ];",
    );
    for printed in printed {
        let lines: Vec<_> = printed.lines().collect();
        assert_eq!(lines[..3], ["sh", "env", "nobody:x:65534:65534:nobody:/var/empty:/bin/sh"]);
        assert!(lines[3].parse::<u32>().unwrap() > 1000, "{printed}");
    }
}

#[test]
fn packages_that_collide_are_named_and_a_priority_settles_it() {
    let tools =
        r#"one = pkgs.writeShellScriptBin "tool" "echo one"; two = pkgs.writeShellScriptBin "tool" "echo two";"#;
    let said =
        nix::build_fails(&format!("let {tools} in buildContainer {{ args = [ \"tool\" ]; contents = [ one two ]; }}"));
    assert!(said.contains("buildContainer: contents[1]: found two versions of /bin/tool: '/nix/store/"), "{said}");
    let bundle = nix::build(&format!(
        "let {tools} in buildContainer {{ args = [ \"tool\" ]; contents = [ one (pkgs.lib.hiPrio two) ]; }}"
    ));
    for runtime in runtime::ALL {
        assert_eq!(runtime.sealed().prints(&bundle), "two\n", "{runtime:?}");
    }
}

#[test]
fn of_several_outputs_those_to_install_are_taken_unless_one_is_named() {
    let package = r#"package = pkgs.runCommand "several" { outputs = [ "out" "bin" "dev" ]; meta.outputsToInstall = [ "bin" ]; }
        "mkdir $out $bin $dev; touch $out/in-out $bin/in-bin $dev/in-dev";"#;
    for (contents, there) in [("package", "in-bin"), ("package.dev", "in-dev"), ("package.out", "in-out")] {
        let bundle = nix::build(&format!(
            "let {package} in buildContainer {{ args = [ \"${{pkgs.hello}}/bin/hello\" ]; contents = [ {contents} ]; }}"
        ));
        for file in ["in-out", "in-bin", "in-dev"] {
            assert_eq!(bundle.join("rootfs").join(file).is_symlink(), file == there, "{contents}: {file}");
        }
    }
}

#[test]
fn files_are_where_they_are_asked_for() {
    let printed = script_prints(
        "cat /etc/motd /srv/deep/er/hosts; /opt/run; cat /etc/hosts; ls -A /etc",
        r##"contents = [ pkgs.coreutils ];
           files = {
             "/etc/motd".text = "good day\n";
             "/srv/deep/er/hosts".source = pkgs.writeText "hosts" "from the store\n";
             "/opt/run" = { text = "#!${pkgs.bash}/bin/bash\necho ran\n"; executable = true; };
             "/etc/hosts".text = "mine\n";
             "/etc/resolv.conf" = null;
           };"##,
    );
    for printed in printed {
        assert_eq!(
            printed,
            "good day\nfrom the store\nran\nmine\ngroup\nhostname\nhosts\nmotd\nmtab\nnsswitch.conf\npasswd\n"
        );
    }
}

#[test]
fn common_programs_find_what_they_need() {
    // /dev/shm rather than /tmp: docs/arguments.md, "mounts".
    let printed = script_prints(
        r#"export GIT_CONFIG_GLOBAL=/dev/null
           cd /dev/shm
           git init -q repository && cd repository && touch file && git add file && git commit -qm message && git log --format=%s
           ssh-keygen -q -t ed25519 -N "" -f /dev/shm/key && ssh-keygen -l -f /dev/shm/key.pub | cut -d" " -f3
           python3 -c "import getpass, pwd, os, socket; print(getpass.getuser(), pwd.getpwuid(os.getuid()).pw_dir, socket.gethostbyname(\"localhost\"), socket.getfqdn())"
           curl --silent --show-error http://localhost:9/ 2>&1 | cut -d" " -f1-8
           echo "$HOME"; cd; pwd; id -un; id -Gn"#,
        r#"contents = with pkgs; [ coreutils curl git openssh python3 ];
           user = { uid = 1000; name = "web"; additionalGids = [ 5 ]; };
           hostname = "db";
           env = { GIT_AUTHOR_EMAIL = "w@x"; GIT_COMMITTER_EMAIL = "w@x"; GIT_AUTHOR_NAME = "w"; GIT_COMMITTER_NAME = "w"; };"#,
    );
    for printed in printed {
        assert_eq!(
            printed,
            "message\nweb@db\nweb /home/web 127.0.0.1 localhost\ncurl: (7) Failed to connect to localhost port\n\
             /home/web\n/home/web\nweb\nweb group5\n"
        );
    }
}

#[test]
fn without_base_files_there_are_none() {
    // The runtimes themselves say where a user is at home whom nobody knows.
    for printed in script_prints("echo /etc/* /root \"''${HOME-none}\"", "baseFiles = false;") {
        assert_eq!(printed, "/etc/* /root /\n");
    }
    let bundle = nix::build(r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; baseFiles = false; }"#);
    assert_eq!(crate::support::tree::names(&bundle.join("rootfs")), ["dev", "nix", "proc", "sys", "tmp"]);
}

#[test]
fn a_mount_below_a_link_of_a_package_shows_under_every_name() {
    // The link, and where it and what it leads to show the mount.
    let host = tempfile::TempDir::new().unwrap();
    std::fs::write(host.path().join("secret"), "seen\n").unwrap();
    let host = host.path().display();
    for (make, mount, names) in [
        ("ln -s /run $out/var/run", "/var/run/secrets", ["/var/run/secrets", "/run/secrets"]),
        ("ln -s ../run $out/var/run", "/var/run/secrets", ["/var/run/secrets", "/run/secrets"]),
        ("ln -s $out/run $out/var/run", "/var/run/secrets", ["/var/run/secrets", "/run/secrets"]),
        ("ln -s ../run $out/var/run; rm -r $out/run", "/var/run/secrets", ["/var/run/secrets", "/run/secrets"]),
        ("ln -s two $out/one; ln -s var/three $out/two; ln -s ../run $out/var/three", "/one/x", ["/two/x", "/run/x"]),
        ("ln -s ${data} $out/var/lib; mkdir $out/run/x", "/var/lib/new", ["/var/lib/new", "/var/lib/new"]),
        ("ln -s /run $out/a; ln -s run $out/b", "/a/x", ["/b/y", "/run/x"]),
        ("ln -s /run $out/var/run", "/var/run", ["/var/run", "/run"]),
    ] {
        let printed = script_prints(
            &format!("cat {0}/secret {1}/secret {mount}/secret; ls /run", names[0], names[1]),
            &format!(
                r#"contents = let data = pkgs.runCommand "data" {{ }} "mkdir -p $out; echo x > $out/old"; in with pkgs; [ coreutils
                     (runCommand "linked" {{ }} "mkdir -p $out/var $out/run/keep; {make}") ];
                   mounts."{mount}" = {{ source = "{host}"; options = [ "ro" ]; }};
                   {}"#,
                if names[0] == "/b/y" { format!("mounts.\"/b/y\" = \"{host}\";") } else { String::new() },
            ),
        );
        for printed in printed {
            assert!(printed.starts_with("seen\nseen\nseen\n"), "{make}: {printed}");
            let keeps = !make.contains("rm -r") && mount != "/var/run";
            assert_eq!(printed.contains("keep"), keeps, "{make}: {printed}");
        }
    }
}
