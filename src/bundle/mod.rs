//! Writes a bundle (OCI runtime spec, bundle.md).

mod copy;
pub mod progress;

use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rayon::prelude::*;
use serde_json::Value;

use self::copy::Copy;
use self::progress::Progress;
use crate::container::Store;
use crate::rootfs::tree::{Content, Directory, File, Node};

/// Writes `config.json` and `rootfs` into the new directory `out`. If that fails, nothing is left of it.
///
/// # Errors
/// What failed, and on which file.
pub fn write(out: &Utf8Path, rootfs: &Directory, store: Store, document: &Value, progress: &Progress) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the bundle '{out}'"))?;
    let written = write_into(out, rootfs, store, document, progress);
    if written.is_err() {
        // The error that led here says more than one about the clean-up would.
        let _ = fs::remove_dir_all(out);
    }
    written
}

fn write_into(out: &Utf8Path, rootfs: &Directory, store: Store, document: &Value, progress: &Progress) -> Result<()> {
    let path = out.join("rootfs").into_std_path_buf();
    let mut copies = Vec::new();
    make_directories(rootfs, &path, store, &mut copies)?;
    copy::all(&copies, progress)?;
    make_the_rest(rootfs, &path)?;
    write_config(&out.join("config.json"), document)
}

fn write_config(file: &Utf8Path, document: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(document).context("serialising config.json")?;
    fs::write(file, text + "\n").with_context(|| format!("writing '{file}'"))
}

/// Makes the directories that no copy brings, and finds the copies. Store paths that are mounted need an empty directory or
/// file; only a link has to be copied.
fn make_directories(directory: &Directory, path: &Path, store: Store, copies: &mut Vec<Copy>) -> Result<()> {
    if let (Store::Copy, Some(from)) = (store, &directory.copy_of) {
        copies.push(Copy { from: from.clone(), to: path.to_owned() });
        return Ok(());
    }
    make_directory(path)?;
    for (name, node) in &directory.children {
        let path = path.join(name);
        match node {
            Node::Directory(directory) => make_directories(directory, &path, store, copies)?,
            Node::Copy(from) if store == Store::Mount && !from.is_symlink() => {
                fs::write(&path, "").with_context(|| format!("making the file '{}'", path.display()))?;
            }
            Node::Copy(from) => copies.push(Copy { from: from.clone(), to: path }),
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
                if directory.copy_of.is_none() && !path.is_dir() {
                    make_directory(&path)?;
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
            std::io::Write::write_all(&mut new, text.as_bytes()).with_context(making)
        }
        Content::CopyOf(source) => {
            fs::copy(source, path).with_context(making)?;
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).with_context(making)
        }
    }
}
