//! A Nix in a container with `nixDatabase = true`, which is Debian 12's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::support::nix;
use crate::support::runner::{self, USERS};
use crate::support::runtime::Runtime;

/// A container that runs a script with a Nix in it, and with a derivation in its closure.
pub fn with_nix(script: &str, arguments: &str) -> String {
    format!(
        r#"(buildContainer {{
             name = "with-nix";
             args = [ "sh" "-c" {} "sh" ];
             contents = [ pkgs.busybox pkgs.nix ];
             env = {{
               NIX_CONFIG = "experimental-features = nix-command\nbuild-users-group =";
               DRV = (derivation {{
                 name = "built"; system = builtins.currentSystem;
                 builder = "${{pkgs.busybox}}/bin/sh"; args = [ "-c" "echo built >$out" ];
               }}).drvPath;
             }};
             nixDatabase = true;
             {arguments}
           }})"#,
        nix::string(script)
    )
}

/// Checks everything, collects the garbage, of which there is none, and prints all that Nix knows.
pub const SCRIPT: &str = "
  said=$(nix-store --verify --check-contents 2>&1) || { echo \"$said\"; exit 1; }
  ! echo \"$said\" | grep -v -e ^checking -e ^reading -e ^warning: || exit 2
  [ $(nix-store --query --binding name $DRV) = built ] || exit 3
  nix-store --gc 2>&1 | grep -q '^0 store paths deleted' || exit 4
  nix path-info --all --json
";

/// What is known of each store path: its hash, its size, what it refers to.
fn known(document: &str, registered: Option<u64>) -> BTreeMap<String, (Value, Value, Value)> {
    // Older versions print a list, in which each has its path.
    let entries: Vec<(String, Value)> = match serde_json::from_str(document).unwrap() {
        Value::Object(entries) => entries.into_iter().collect(),
        Value::Array(entries) => {
            entries.into_iter().map(|info| (info["path"].as_str().unwrap().to_owned(), info)).collect()
        }
        other => panic!("{other}"),
    };
    let entry = |(path, info): (String, Value)| {
        assert!(registered.is_none_or(|time| info["registrationTime"] == time), "{info}");
        let (hash, size, references) = (&info["narHash"], &info["narSize"], &info["references"]);
        (path, (hash.clone(), size.clone(), references.clone()))
    };
    entries.into_iter().map(entry).collect()
}

/// Compares what a container has printed with what this machine's Nix knows of the closure.
pub fn assert_is_closure(printed: &str) {
    let closure = nix::build(&format!("{}.closure", with_nix(SCRIPT, "")));
    let paths = fs::read_to_string(&closure).unwrap();
    // Of a derivation by its name, `path-info` says what its outputs are.
    let output = nix::nix("nix").args(["path-info", "--all", "--json"]).output().unwrap();
    let mut wanted = known(std::str::from_utf8(&output.stdout).unwrap(), None);
    wanted.retain(|path, _| paths.lines().any(|line| line == path));
    assert!(wanted.len() > 20 && wanted.keys().any(|path| path.ends_with("-built.drv")), "{:?}", wanted.keys());
    let found = known(printed, Some(1));
    let names: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    let differ: Vec<_> = names.into_iter().filter(|name| wanted.get(*name) != found.get(*name)).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn nix_knows_the_closure_of_the_bundle_and_nothing_else() {
    for store in ["copy", "mount"] {
        for user in ["", "user = { uid = 1000; gid = 100; };"] {
            let bundle = nix::build(&with_nix(SCRIPT, &format!("store = \"{store}\"; {user}")));
            for uid in USERS {
                let mut run = Runtime::Crun.wrapper(uid);
                run.arg(&*bundle);
                assert_is_closure(&runner::prints(run));
            }
        }
    }
}

#[test]
fn nix_finds_a_store_path_that_has_changed() {
    // The layer lets root give the store another entry, under the name of a store path that is moved away.
    let script = "path=$(echo /nix/store/*-built.drv)
                  mv $path /tmp/away && echo changed >$path
                  nix-store --verify --check-contents 2>&1 | grep modified";
    let mut run = Runtime::Crun.wrapper(0);
    run.arg(&*nix::build(&with_nix(script, "")));
    let printed = runner::prints(run);
    assert!(printed.starts_with("path '/nix/store/") && printed.contains("-built.drv' was modified!"), "{printed}");
}

#[test]
fn a_bundle_without_it_has_none() {
    let bundle = nix::build(&format!("{}.override {{ nixDatabase = false; }}", with_nix(SCRIPT, "")));
    assert!(!bundle.join("rootfs/nix/var").exists() && !bundle.join("rootfs/nix/store/.links").exists());
}

#[test]
fn the_same_closure_gives_the_same_database() {
    let of = |arguments: &str| {
        let bundle = nix::instantiate(&with_nix(SCRIPT, arguments));
        let inputs = nix::store(&["--query", "--references", bundle.to_str().unwrap()]);
        inputs.into_iter().find(|input| input.ends_with("-nix-database.drv")).unwrap()
    };
    let database = of("");
    assert_eq!(database, of("readonly = true; store = \"mount\"; hostname = \"other\";"));
    nix::store(&["--realise", &database]);
    // In another second, which Nix would have registered.
    nix::store(&["--realise", "--check", &database]);
}

#[test]
fn what_is_in_its_way_is_named() {
    for (arguments, said) in [
        (
            "mounts.\"/nix/var\" = \"/srv/nix\";",
            "nixDatabase: mounts.\"/nix/var\" would hide the database; leave out one of the two",
        ),
        (
            "files.\"/nix/var/nix/db/schema\".text = \"10\";",
            "nixDatabase: '/nix/var/nix/db/schema' is already there; leave out the file, or the package with it",
        ),
        ("files.\"/nix/var/nix\".text = \"\";", "nixDatabase: '/nix/var/nix' is a file"),
        ("nixDatabase = 1;", "nixDatabase: found 1 (an integer), want true or false"),
    ] {
        let found = nix::build_fails(&format!("({}).override {{ {arguments} }}", with_nix("", "")));
        assert!(found.contains(&format!("buildContainer: {said}")), "{arguments}: {found}");
    }
}

#[test]
fn a_package_set_without_nix_is_told_so() {
    let found = nix::build_fails(&format!(
        "(import {}/nix/lib/build-container.nix {{
           build = removeAttrs pkgs [ \"nix\" ]; buildSystem = builtins.currentSystem;
         }}) {{ args = [ \"x\" ]; nixDatabase = true; }}",
        nix::repository().display()
    ));
    let said = "buildContainer: nixDatabase: the package set has no nix, which makes the database; add one";
    assert!(found.contains(said), "{found}");
}
