//! A Nix in an image with `nixDatabase = true`, run by Podman.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::clients::podman;
use crate::inside::nix_database::{SCRIPT, assert_is_closure, with_nix};
use crate::support::nix;

/// The image, in a form. Podman's `vfs` copies all below for each layer, so there are few.
fn image(user: &str, form: &str) -> String {
    let image = "image = { name = \"registry.example.org/with-nix\"; maxLayers = 2; compression = \"none\"; };";
    format!("{}.image{form}", with_nix(SCRIPT, &format!("{image} {user}")))
}

#[test]
fn nix_knows_the_closure_of_the_image_and_nothing_else() {
    for user in ["", "user = { uid = 1000; gid = 100; };"] {
        let archive = nix::build(&image(user, ".archive"));
        let folder = TempDir::new().unwrap();
        podman(folder.path(), &["load", "--quiet", "--input", archive.to_str().unwrap()]);
        let run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network=none"];
        assert_is_closure(&podman(folder.path(), &[&run[..], &["registry.example.org/with-nix"]].concat()));
        podman(folder.path(), &["rmi", "--all", "--force"]);
    }
}

#[test]
fn what_nix_writes_to_is_the_users_and_in_the_last_layer() {
    let recipe = nix::build(&image("user = { uid = 1000; gid = 100; };", ""));
    let recipe: Value = serde_json::from_slice(&fs::read(recipe.join("recipe.json")).unwrap()).unwrap();
    let layers = recipe["layers"].as_array().unwrap();
    let files = layers.last().unwrap()["files"].as_array().unwrap();
    let is_the_users = |path: &str| {
        path == "/nix/store"
            || path == "/nix/store/.links"
            || path == "/nix/var/nix"
            || path.starts_with("/nix/var/nix/")
            || path == "/home/user"
    };
    for file in files {
        let path = file["path"].as_str().unwrap();
        // Whose a link is, matters to nobody.
        let owner = if is_the_users(path) && file.get("target").is_none() { (1000, 100) } else { (0, 0) };
        assert_eq!((&file["uid"], &file["gid"]), (&owner.0.into(), &owner.1.into()), "{path}");
    }
    let database = files.iter().find(|file| file["path"] == "/nix/var/nix/db/db.sqlite").unwrap();
    assert_eq!(database["mode"], 0o644);
    assert!(database["copyOf"].as_str().unwrap().ends_with("-nix-database/db.sqlite"), "{database}");
}
