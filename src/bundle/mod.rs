//! Writes a bundle (OCI runtime spec, bundle.md).

mod copy;
pub mod progress;

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rayon::prelude::*;
use rustix::fs::{Mode, OFlags};
use serde_json::Value;

use self::copy::Copies;
use self::progress::Progress;
use crate::container::Store;
use crate::rootfs::tree::{self, Content, Directory, File, Node, Tree};

/// Writes `config.json` and `rootfs` into the new directory `out`. If that fails, nothing is left of it.
///
/// # Errors
/// What failed, and on which file.
pub fn write(out: &Utf8Path, rootfs: &Tree<'_>, store: Store, document: &Value, progress: &Progress) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the bundle '{out}'"))?;
    let written = write_into(out, rootfs, store, document, progress);
    if written.is_err() {
        remove(out.as_std_path());
    }
    written
}

/// Removes all that can be: the error that led here says more than one about the clean-up would.
fn remove(out: &Path) {
    if fs::remove_dir_all(out).is_ok() {
        return;
    }
    // That has each level of a tree open at once, which may be too many.
    let mut directories = vec![out.to_owned()];
    let mut next = 0;
    while let Some(directory) = directories.get(next) {
        next += 1;
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                directories.push(entry.path());
            } else {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
    for directory in directories.iter().rev() {
        let _ = fs::remove_dir(directory);
    }
}

fn write_into(out: &Utf8Path, rootfs: &Tree<'_>, store: Store, document: &Value, progress: &Progress) -> Result<()> {
    let path = out.join("rootfs").into_std_path_buf();
    make_directory(&path)?;
    let mut names = Vec::new();
    make_directories(rootfs.root(), &path, store, &mut names)?;
    let from = rootfs.closure().store_dir().to_path();
    let to = path.join(from.strip_prefix("/").unwrap_or(from));
    copy::all(Copies { from: from.to_owned(), to, names }, progress)?;
    make_the_rest(rootfs.root(), &path)?;
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
    for (name, node) in &directory.children {
        let path = || path.join(name);
        match node {
            Node::Directory(Directory { copy_of: Some(_), .. }) if store == Store::Copy => copies.push(name.clone()),
            Node::Directory(directory) => {
                rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o755))
                    .with_context(|| format!("making the directory '{}'", path().display()))?;
                if !directory.children.is_empty() {
                    make_directories(directory, &path(), store, copies)?;
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
    Ok(())
}

/// Makes what the copies do not bring. Every name on the way to `path` is a real directory: the plan has followed all
/// links already, so none is followed now.
fn make_the_rest(directory: &Directory, path: &Path) -> Result<()> {
    directory.children.par_iter().try_for_each(|(name, node)| {
        let path = path.join(name);
        match node {
            Node::Directory(directory) => {
                if directory.copy_of.is_none() {
                    make_directory_unless_there(&path)?;
                }
                make_the_rest(directory, &path)
            }
            Node::Copy(_) => Ok(()),
            Node::Link(target) => {
                symlink(target, &path).with_context(|| format!("making the link '{}'", path.display()))
            }
            Node::File(file) => write_file(file, &path),
        }
    })
}

/// Nothing but a directory will do: through a link, what is made below would be elsewhere.
fn make_directory_unless_there(path: &Path) -> Result<()> {
    let making = || format!("making the directory '{}'", path.display());
    match fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let is_there = fs::symlink_metadata(path).with_context(making)?.is_dir();
            if is_there { Ok(()) } else { Err(error).with_context(making) }
        }
        made => made.with_context(making),
    }
}

fn make_directory(path: &Path) -> Result<()> {
    fs::create_dir(path).with_context(|| format!("making the directory '{}'", path.display()))
}

fn write_file(file: &File, path: &Path) -> Result<()> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let making = || format!("making the file '{}'", path.display());
    match &file.content {
        Content::Text(text) => {
            let mut new = fs::OpenOptions::new();
            let mut new = new.write(true).create_new(true).mode(mode).open(path).with_context(making)?;
            new.write_all(text.as_bytes()).with_context(making)
        }
        Content::CopyOf(source) => {
            let mut original = crate::file::open(source)?;
            let mut new = fs::OpenOptions::new();
            let mut new = new.write(true).create_new(true).mode(mode).open(path).with_context(making)?;
            std::io::copy(&mut original, &mut new).with_context(making).map(drop)
        }
    }
}
