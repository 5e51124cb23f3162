//! The verb `write-nix-database`: has Nix itself make the database of a closure, for a Nix in the container.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::Outputs;
use oci_bundle_builder::plan::derivation::closure::{Closure, Node};
use oci_bundle_builder::plan::rootfs::nix_database::FILES;
use serde::Deserialize;

#[derive(Args)]
pub struct NixDatabaseOptions {
    #[command(flatten)]
    attrs: AttrsOptions,
}

/// What nix/lib/internal/nix-database.nix puts into the derivation, and what Nix adds to it.
#[derive(Deserialize)]
struct DatabaseAttrs {
    /// The program `nix-store`.
    #[serde(rename = "nixStore")]
    nix_store: Utf8PathBuf,
    /// The program `sqlite3`.
    sqlite3: Utf8PathBuf,
    #[serde(default)]
    closure: Vec<PathInfo>,
    outputs: Outputs,
}

/// A store path of the reference graph, with what a database has of it.
#[derive(Deserialize)]
struct PathInfo {
    #[serde(flatten)]
    node: Node,
    #[serde(rename = "narHash")]
    hash: String,
}

/// Nix has no option for the time at which a path was registered. A database in the write-ahead mode cannot be opened where
/// nobody may write, and its old pages keep the time: `VACUUM` writes all anew.
const RESET: &str = "UPDATE ValidPaths SET registrationTime = 1; PRAGMA journal_mode = DELETE; VACUUM;";

/// Makes it.
pub fn write_nix_database(options: &NixDatabaseOptions) -> Result<()> {
    let store_dir = options.attrs.store_dir()?;
    let DatabaseAttrs { nix_store, sqlite3, closure, outputs } = options.attrs.read()?;
    let nodes: Vec<_> = closure.iter().map(|info| info.node.clone()).collect();
    Closure::decode(&nodes, &store_dir)?;
    let build_dir =
        options.attrs.build_dir.as_deref().context("NIX_BUILD_TOP: not set, want a directory to work in")?;
    let root = build_dir.join("root");
    make_store(&root, &closure)?;

    let mut command = Command::new(&nix_store);
    command.env_clear().arg("--load-db");
    // A store of its own, which takes no file of this machine and whose Nix looks up no user.
    for (name, value) in [
        ("HOME", build_dir.as_str()),
        ("USER", "nobody"),
        ("NIX_CONF_DIR", root.as_str()),
        ("NIX_STORE_DIR", &store_dir.to_string()),
        ("NIX_REMOTE", &format!("local?root={root}")),
        ("NIX_CONFIG", "build-users-group =\ngc-reserved-space = 0\n"),
    ] {
        command.env(name, value);
    }
    run(command, &registration(&closure))?;

    let made = root.join("nix/var/nix/db");
    let mut command = Command::new(&sqlite3);
    command.env_clear().arg("-batch").arg("-bail").arg(made.join(FILES[0])).arg(RESET);
    run(command, "")?;

    fs::create_dir(&outputs.out).with_context(|| format!("making the directory '{}'", outputs.out))?;
    for name in FILES {
        let (from, to) = (made.join(name), outputs.out.join(name));
        fs::copy(&from, &to).with_context(|| format!("copying '{from}' to '{to}'"))?;
    }
    Ok(())
}

/// Nix looks into each derivation that it registers, so these are in the store.
fn make_store(root: &Utf8Path, closure: &[PathInfo]) -> Result<()> {
    fs::create_dir(root).with_context(|| format!("making the directory '{root}'"))?;
    let is_derivation = |info: &&PathInfo| Utf8Path::new(&info.node.path).extension() == Some("drv");
    for PathInfo { node, .. } in closure.iter().filter(is_derivation) {
        let place = Utf8PathBuf::from(format!("{root}{}", node.path));
        let linking = || format!("making the link '{place}'");
        place.parent().map_or(Ok(()), fs::create_dir_all).with_context(linking)?;
        symlink(&node.path, &place).with_context(linking)?;
    }
    Ok(())
}

/// The closure as `nix-store --load-db` reads it: for each path itself, its hash, its size, its deriver, which nobody knows here, and
/// how many it refers to, and which.
fn registration(closure: &[PathInfo]) -> String {
    let mut lines = String::new();
    for PathInfo { node, hash } in closure {
        let count = node.references.len().to_string();
        let fields = [&node.path, hash, &node.size.to_string(), "", &count];
        for line in fields.into_iter().chain(node.references.iter().map(String::as_str)) {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}

/// Runs a command with an input. Its output is for the log.
fn run(mut command: Command, input: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(std::io::stderr());
    let mut child = command.spawn().with_context(|| format!("starting '{program}'"))?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let written = stdin.write_all(input.as_bytes());
    drop(stdin);
    let status = child.wait().with_context(|| format!("waiting for '{program}'"))?;
    ensure!(status.success(), "'{program}' has failed: {status}");
    written.with_context(|| format!("writing to '{program}'"))
}
