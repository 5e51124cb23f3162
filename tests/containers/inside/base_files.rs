//! Programs that run for long, with the files that they expect.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::built::Built;
use crate::support::nix;
use crate::support::runner;
use crate::support::runtime::{self, Runtime};
use crate::support::subordinate_ids::Users;

/// Waits until nginx listens, after which it writes its file.
const LISTENS: &str = "for i in $(seq 200); do [ -s /run/nginx/nginx.pid ] && break; sleep 0.05; done";

/// nginx with a configuration as people write it, and a client beside it, which prints the page and who the workers are.
fn nginx(configuration: &str, arguments: &str) -> Built {
    let configuration = nix::string(configuration);
    nix::build(&format!(
        r#"let configuration = pkgs.writeText "nginx.conf" {configuration}; in
           buildContainer {{
             name = "nginx";
             args = [ "sh" "-euc" ''
               echo page > $HOME/index.html
               nginx -e /var/log/nginx/error.log -c ${{configuration}} &
               {LISTENS}
               curl --silent --show-error http://127.0.0.1:8080/index.html
               cat /run/nginx/nginx.pid > /var/tmp/pid && [ $(cat /var/tmp/pid) = $! ]
               ps -o user,comm | grep nginx | sort -u | while read user rest; do echo $user; done | sort -u
               kill -QUIT $!
               wait
             '' ];
             contents = [ pkgs.busybox pkgs.curl pkgs.nginx ];
             {arguments}
           }}"#
    ))
}

fn configuration(user: &str, home: &str) -> String {
    format!(
        "daemon off;\n{user}\npid /var/run/nginx/nginx.pid;\nevents {{ }}\nhttp {{\n  access_log /var/log/nginx/access.log;\n  \
         server {{ listen 8080; root {home}; }}\n}}\n"
    )
}

#[test]
fn a_web_server_of_another_user_has_where_to_write() {
    let owned = ["/run/nginx", "/var/lib/nginx", "/var/log/nginx"].map(|path| format!("\"{path}\".uid = 1000;"));
    let arguments = format!("user = {{ uid = 1000; name = \"web\"; }}; directories = {{ {} }};", owned.concat());
    let bundle = nginx(&configuration("", "/home/web"), &arguments);
    let users = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        let mut run = runtime.wrapper(0);
        run.arg(&*bundle);
        assert_eq!(runner::prints(run), "page\nweb\n", "{runtime:?}");
        let output = users.run(runtime, &bundle);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{runtime:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "page\nweb\n", "{runtime:?}");
    }
    // Without other ids than the caller's own, too, and with nothing to say of what is everybody's.
    let mut run = Runtime::Crun.wrapper(1234);
    run.arg(&*bundle);
    let output = runner::output(run);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "page\nweb\n", "{said}");
    assert!(!said.contains("/var/tmp"), "{said}");
}

#[test]
fn a_web_server_of_root_gives_its_workers_to_nobody() {
    let arguments = "capabilities.add = [ \"CAP_CHOWN\" \"CAP_SETGID\" \"CAP_SETUID\" ];
                     directories = { \"/run/nginx\" = { }; \"/var/lib/nginx\" = { }; \"/var/log/nginx\" = { }; };";
    let bundle = nginx(&configuration("user nobody nogroup;", "/root"), arguments);
    let users = Users::with("ann:100000:65536\n");
    for runtime in runtime::ALL {
        let mut run = runtime.wrapper(0);
        run.arg(&*bundle);
        assert_eq!(runner::prints(run), "page\nnobody\nroot\n", "{runtime:?}");
        let output = users.run(runtime, &bundle);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "page\nnobody\nroot\n", "{runtime:?}: {output:?}");
    }
}

#[test]
fn what_everybody_expects_is_there() {
    let script = "stat -c '%a %U:%G %n' /run /var/run/. /var/tmp /tmp; readlink /etc/mtab; grep -c ' /proc ' /etc/mtab; \
                  touch /run/x /var/tmp/x /tmp/x; ls /var/run";
    let bundle = runner::container(script, "");
    let wanted = "755 root:root /run\n755 root:root /var/run/.\n1777 root:root /var/tmp\n1777 root:root /tmp\n/proc/mounts\n1\nx\n";
    for (runtime, uid) in runner::all() {
        let mut run = runtime.wrapper(uid);
        run.arg(&*bundle);
        assert_eq!(runner::prints(run), wanted, "{runtime:?} {uid}");
    }
}

#[test]
fn ports_have_names_where_a_package_brings_them() {
    let script = "import socket; print(socket.getservbyname('https'), socket.getprotobyname('udp'))";
    for (package, found) in [("pkgs.iana-etc", true), ("", false)] {
        let bundle = nix::build(&format!(
            r#"buildContainer {{ args = [ "${{pkgs.python3}}/bin/python3" "-c" "{script}" ]; contents = [ {package} ]; readonly = true; }}"#
        ));
        for runtime in runtime::ALL {
            let output = runtime.run(&bundle);
            assert_eq!(output.stdout == b"443 17\n", found, "{runtime:?}: {output:?}");
        }
    }
}

/// A new authority, and a certificate of it for localhost; all in PEM.
fn certificate(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=authority",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    ]);
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "key.pem",
        "-out",
        "request.pem",
    ]);
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "request.pem",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-extfile",
        "names",
        "-out",
        "certificate.pem",
    ]);
}

#[test]
fn tls_works_with_the_certificates_of_a_package() {
    let folder = TempDir::new().unwrap();
    certificate(folder.path());
    let server = folder.path().join("server");
    fs::create_dir(&server).unwrap();
    for name in ["key.pem", "certificate.pem"] {
        fs::rename(folder.path().join(name), server.join(name)).unwrap();
    }
    // Real packages: the first has the layout of nixpkgs' cacert, and the authority as well.
    let client = |cacert: &str, arguments: &str| {
        nix::build(&format!(
            r#"let
                 ours = pkgs.runCommand "cacert" {{ }} "
                   mkdir -p $out/etc/ssl/certs
                   cat ${{pkgs.cacert}}/etc/ssl/certs/ca-bundle.crt ${{{folder}/ca.pem}} > $out/etc/ssl/certs/ca-bundle.crt
                 ";
                 configuration = pkgs.writeText "nginx.conf" ''
                   daemon off; user root root; pid /run/nginx/nginx.pid; error_log stderr; events {{ }}
                   http {{
                     access_log off;
                     server {{
                       listen 8443 ssl; root ${{pkgs.writeTextDir "index.html" "page\n"}};
                       ssl_certificate ${{{folder}/server}}/certificate.pem;
                       ssl_certificate_key ${{{folder}/server}}/key.pem;
                     }}
                   }}
                 '';
               in buildContainer {{
                 args = [ "sh" "-c" ''
                   nginx -e stderr -c ${{configuration}} &
                   {LISTENS}
                   curl --silent --show-error https://localhost:8443/index.html
                   echo $?
                   kill $!
                 '' ];
                 contents = [ pkgs.busybox pkgs.curl pkgs.nginx ] ++ {cacert};
                 directories = {{ "/run/nginx" = {{ }}; "/var/lib/nginx" = {{ }}; }};
                 {arguments}
               }}"#,
            folder = folder.path().display()
        ))
    };
    // curl says 60 for a certificate that nobody vouches for, and 77 for authorities that it cannot read.
    for (cacert, arguments, printed) in [
        ("[ ours ]", "", "page\n0\n"),
        ("[ ours ]", "store = \"mount\";", "page\n0\n"),
        ("[ pkgs.cacert ]", "", "60\n"),
        ("[ ours ]", "files.\"/etc/ssl/certs/ca-certificates.crt\" = null;", "77\n"),
    ] {
        let bundle = client(cacert, arguments);
        for (runtime, uid) in runner::all() {
            let mut run = runtime.wrapper(uid);
            run.arg(&*bundle);
            let output = runner::output(run);
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                printed,
                "{runtime:?} {uid} {cacert} {arguments} {output:?}"
            );
        }
    }
}
