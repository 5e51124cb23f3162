//! Programs in containers.

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runtime;
use crate::support::tree;

#[test]
fn arguments_arrive_to_the_letter() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.bash}/bin/bash" "-c" "echo $0 $1" "a b" "ünïcode 'quote' \"two\" \n" ];
           }"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.sealed().prints(&bundle), "a b ünïcode 'quote' \"two\"\n", "{runtime:?}");
    }
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.bash}/bin/bash" "-c" "printf '[%s]' \"$@\"" "" "a b" "ünïcode 'quote' \"two\" \n" "$HOME" ];
           }"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.sealed().prints(&bundle), "[a b][ünïcode 'quote' \"two\" \n][$HOME]", "{runtime:?}");
    }
}

#[test]
fn python_computes() {
    let bundle = nix::build(r#"example "python" { inherit pkgs; }"#);
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "2 ** 127 - 1 = 170141183460469231731687303715884105727\n", "{runtime:?}");
    }
}

#[test]
fn a_read_only_container_runs_from_the_store_and_leaves_it_alone() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.coreutils}/bin/touch" "/created" ];
             mounts."/srv/data/deep" = { type = "tmpfs"; };
             mounts."/etc/hosts" = "${pkgs.writeText "hosts" ""}";
             readonly = true;
           }"#,
    );
    let before = tree::snapshot(&bundle);
    for runtime in runtime::ALL {
        let output = runtime.run(&bundle);
        assert_eq!(output.status.code(), Some(1), "{runtime:?}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("'/created': Read-only file system"), "{runtime:?}: {said}");
        assert_eq!(tree::snapshot(&bundle), before, "{runtime:?} changed the bundle");
    }
}

#[test]
fn nginx_serves_a_page_and_stops_on_sigterm() {
    let curl = nix::program("curl");
    for runtime in runtime::ALL {
        let host = TempDir::new().unwrap();
        let (www, run) = (host.path().join("www"), host.path().join("run"));
        fs::create_dir(&www).unwrap();
        fs::create_dir(&run).unwrap();
        fs::write(www.join("index.html"), "served from a container\n").unwrap();
        let bundle = nix::build(&format!(
            "example \"nginx\" {{ inherit pkgs; www = \"{}\"; run = \"{}\"; }}",
            www.display(),
            run.display()
        ));

        let container = runtime.start(&bundle);
        let socket = run.join("nginx.sock");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !socket.exists() && Instant::now() < deadline {
            sleep(Duration::from_millis(20));
        }
        let page = Command::new(&curl)
            .args(["--silent", "--show-error", "--retry", "5", "--retry-connrefused", "--unix-socket"])
            .arg(&socket)
            .arg("http://localhost/index.html")
            .output()
            .unwrap();
        container.kill("TERM");
        let end = container.wait();

        assert_eq!(String::from_utf8_lossy(&page.stdout), "served from a container\n", "{runtime:?}: {page:?} {end:?}");
        assert_eq!(end.status.code(), Some(0), "{runtime:?}: {end:?}");
    }
}
