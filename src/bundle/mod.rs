//! Writes a bundle (OCI runtime spec, bundle.md).

mod copy;
pub mod progress;
mod remove;
mod rest;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rustix::fs::{Mode, OFlags};
use serde_json::Value;

use self::copy::Copies;
use self::progress::Progress;
use crate::container::Store;
use crate::rootfs::tree::{self, Directory, Node, Tree};

/// Writes `config.json` and `rootfs` into the new directory `out`. If that fails, nothing is left of it.
///
/// # Errors
/// What failed, and on which file.
pub fn write(out: &Utf8Path, rootfs: &Tree<'_>, store: Store, document: &Value, progress: &Progress) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the bundle '{out}'"))?;
    let written = write_into(out, rootfs, store, document, progress);
    if written.is_err() {
        remove::all(out.as_std_path());
    }
    written
}

fn write_into(out: &Utf8Path, rootfs: &Tree<'_>, store: Store, document: &Value, progress: &Progress) -> Result<()> {
    let path = out.join("rootfs").into_std_path_buf();
    make_directory(&path)?;
    let mut names = Vec::new();
    make_directories(rootfs.root(), &path, store, &mut names)?;
    let from = rootfs.closure().store_dir().to_path();
    let to = path.join(from.strip_prefix("/").unwrap_or(from));
    copy::all(Copies { from: from.to_owned(), to, names }, progress)?;
    rest::make(rootfs.root(), &path)?;
    write_config(out, document)
}

/// Comes last and gets its name when it is whole, so that what has a config.json is a bundle.
fn write_config(out: &Utf8Path, document: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(document).context("serialising config.json")?;
    let (part, whole) = (out.join("config.json.part"), out.join("config.json"));
    let writing = || format!("writing '{part}'");
    let mut file = fs::File::create_new(&part).with_context(writing)?;
    file.write_all((text + "\n").as_bytes()).with_context(writing)?;
    fs::rename(&part, &whole).with_context(|| format!("naming '{whole}'"))
}

/// Makes the directories that no copy brings, and finds what is to be copied: names in the store, as nothing else is ever
/// copied to its own place. Store paths that are mounted need an empty directory or file; only a link has to be copied.
fn make_directories(directory: &Directory, path: &Path, store: Store, copies: &mut Vec<OsString>) -> Result<()> {
    // By names in an open directory: there may be thousands.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let at = rustix::fs::open(path, flags, Mode::empty());
    let at = at.with_context(|| format!("opening the directory '{}'", path.display()))?;
    let mut inner = Vec::new();
    for (name, node) in &directory.children {
        let path = || path.join(name);
        match node {
            Node::Directory(Directory { copy_of: Some(_), .. }) if store == Store::Copy => copies.push(name.clone()),
            Node::Directory(directory) => {
                rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o755))
                    .with_context(|| format!("making the directory '{}'", path().display()))?;
                if !directory.children.is_empty() {
                    inner.push((path(), directory));
                }
            }
            Node::Copy(tree::Copy { is_link: false, .. }) if store == Store::Mount => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                rustix::fs::openat(&at, name, flags, Mode::from_raw_mode(0o644))
                    .with_context(|| format!("making the file '{}'", path().display()))?;
            }
            Node::Copy(_) => copies.push(name.clone()),
            Node::Link(_) | Node::File(_) => {}
        }
    }
    // There may be more directories in each other than may be open.
    drop(at);
    inner.into_iter().try_for_each(|(path, directory)| make_directories(directory, &path, store, copies))
}

fn make_directory(path: &Path) -> Result<()> {
    fs::create_dir(path).with_context(|| format!("making the directory '{}'", path.display()))
}
