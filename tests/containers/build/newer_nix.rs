//! Debian 13's Nix, which can discard references, in the tree that scripts/setup makes, with a store of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runner;
use crate::support::runtime::{self, Runtime};
use crate::support::tree;

const DEBIAN: &str = "/var/lib/oci-bundle/debian-13";

/// Its `/nix`.
struct Store(TempDir);

impl Store {
    /// One that has these store paths of this machine, with their closures.
    fn with(paths: &[&Path]) -> Self {
        let this = Self(TempDir::new().unwrap());
        let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        let closure = nix::store(&[&["-qR"], &paths[..]].concat());
        let archive = this.0.path().join("archive");
        let export =
            nix::nix("nix-store").arg("--export").args(closure).stdout(File::create(&archive).unwrap()).status();
        assert!(export.unwrap().success());
        this.run("nix-store --import > /dev/null < /nix/archive");
        this
    }

    /// What a script prints that runs in the tree, where the project is at /mnt.
    fn run(&self, script: &str) -> String {
        let enter = r#"
          mount -t proc proc "$debian/proc"
          mount --rbind /dev "$debian/dev"
          mkdir -p "$debian/nix"
          mount --bind "$store" "$debian/nix"
          mount --bind "$project" "$debian/mnt"
          exec chroot "$debian" sh -euc "$script"
        "#;
        let output = Command::new("unshare")
            // The garbage collector keeps what any process uses, those of other tests included, so it is to see none.
            .args(["--mount", "--pid", "--fork", "sh", "-euc", enter])
            .env("debian", DEBIAN)
            .env("store", self.0.path())
            .env("project", nix::repository())
            .env("script", script)
            .env("HOME", "/root")
            .env("NIX_CONFIG", "sandbox = false\nbuild-users-group =\nsubstitute = false")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Where a path of this store is on the machine.
    fn outside(&self, path: &str) -> PathBuf {
        self.0.path().join(Path::new(path).strip_prefix("/nix").unwrap())
    }
}

#[test]
fn a_copied_bundle_refers_to_nothing_and_runs_when_all_else_is_gone() {
    let builder = nix::build("pkgs.oci-bundle-builder");
    let coreutils = nix::build("pkgs.coreutils");
    let motd = nix::build(r#"pkgs.writeText "motd" "still here\n""#);
    let store = Store::with(&[&builder, &coreutils, &motd]);
    let expression = |more: &str| {
        format!(
            r#"
              let
                buildContainer = import /mnt/nix/lib/build-container.nix {{
                  build.oci-bundle-builder = builtins.storePath {};
                  buildSystem = builtins.currentSystem;
                }};
              in
              buildContainer {{
                args = [ "${{builtins.storePath {}}}/bin/cat" "/etc/motd" ];
                mounts."/etc/motd" = "${{builtins.storePath {}}}";
                readonly = true;
                {more}
              }}
            "#,
            builder.display(),
            coreutils.display(),
            motd.display()
        )
    };
    let build = |more: &str| {
        fs::write(store.0.path().join("container.nix"), expression(more)).unwrap();
        store.run("nix-build --no-out-link /nix/container.nix").trim().to_owned()
    };
    let references = |bundle: &str| store.run(&format!("nix-store -q --references {bundle}"));

    let keeps = build("keepReferences = true;");
    assert!(references(&keeps).contains("-coreutils\n"), "{}", references(&keeps));

    let bundle = build("");
    assert_eq!(references(&bundle), "");
    store.run(&format!("ln -s {bundle} /nix/var/nix/gcroots/bundle; nix-store --gc --option keep-derivations false"));
    let left: Vec<_> =
        tree::names(&store.0.path().join("store")).into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(left, [bundle.rsplit_once('/').unwrap().1]);
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&store.outside(&bundle)), "still here\n", "{runtime:?}");
    }
}

#[test]
fn a_newer_nix_makes_a_database_that_an_older_one_reads() {
    let paths = ["pkgs.oci-bundle-builder", "pkgs.busybox", "pkgs.nix", "pkgs.sqlite"].map(nix::build);
    let store = Store::with(&paths.each_ref().map(|path| &**path));
    let [builder, busybox, old_nix, sqlite] = paths.each_ref().map(|path| path.display());
    let expression = format!(
        r#"
          import /mnt/nix/lib/build-container.nix {{
            build = {{
              oci-bundle-builder = builtins.storePath {builder};
              nix = "/usr/bin/nix";
              sqlite = "${{builtins.storePath {sqlite}}}/bin/sqlite3";
            }};
            buildSystem = builtins.currentSystem;
          }} {{
            args = [ "sh" "-c" "nix-store --verify --check-contents && nix path-info --all | wc -l" ];
            contents = [ (builtins.storePath {busybox}) (builtins.storePath {old_nix}) ];
            env.NIX_CONFIG = "experimental-features = nix-command\nbuild-users-group =";
            nixDatabase = true;
          }}
        "#
    );
    fs::write(store.0.path().join("container.nix"), expression).unwrap();
    let bundle = store.run("nix-build --no-out-link /nix/container.nix").trim().to_owned();
    // A database that was made in another second.
    store.run("nix-store --realise --check $(nix-store --query --references $(nix-instantiate /nix/container.nix) | grep nix-database)");
    let mut run = Runtime::Crun.wrapper(0);
    run.arg(store.outside(&bundle));
    let count = nix::store(&["-qR", busybox.to_string().as_str(), old_nix.to_string().as_str()]).len();
    assert_eq!(runner::prints(run), format!("{count}\n"));
    let database = store.outside(&bundle).join("rootfs/nix/var/nix/db/db.sqlite");
    let mut query = Command::new(paths[3].join("bin/sqlite3"));
    let output = query
        .arg(format!("file:{}?immutable=1", database.display()))
        .arg("SELECT DISTINCT registrationTime FROM ValidPaths")
        .output();
    assert_eq!(output.unwrap().stdout, b"1\n");
}
