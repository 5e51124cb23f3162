//! Writes a bundle (OCI runtime spec, bundle.md).

mod copy;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};
use camino::Utf8Path;
use rayon::prelude::*;
use serde_json::Value;

use self::copy::Copier;
use crate::rootfs::tree::{Content, Directory, File, Node};

/// Writes `config.json` and `rootfs` into the new directory `out`. If that fails, nothing is left of it.
///
/// # Errors
/// What failed, and on which file.
pub fn write(out: &Utf8Path, rootfs: &Directory, document: &Value) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the bundle '{out}'"))?;
    let written = write_into(out, rootfs, document);
    if written.is_err() {
        // The error that led here says more than one about the clean-up would.
        let _ = fs::remove_dir_all(out);
    }
    written
}

fn write_into(out: &Utf8Path, rootfs: &Directory, document: &Value) -> Result<()> {
    let copier = Copier::default();
    write_directory(rootfs, out.join("rootfs").as_std_path(), &copier)?;
    copier.finish()?;
    write_config(&out.join("config.json"), document)
}

fn write_config(file: &Utf8Path, document: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(document).context("serialising config.json")?;
    fs::write(file, text + "\n").with_context(|| format!("writing '{file}'"))
}

/// Every name on the way to `path` is a real directory, made here or copied from the store: the plan has followed all
/// links already, so none is followed now.
fn write_directory(directory: &Directory, path: &Path, copier: &Copier) -> Result<()> {
    if let Some(source) = &directory.copy_of {
        copy_of_store_path(source, path, copier)?;
    } else {
        match fs::create_dir(path) {
            // The copy of a store path brought it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made.with_context(|| format!("making the directory '{}'", path.display()))?,
        }
    }
    directory.children.par_iter().try_for_each(|(name, node)| {
        let path = path.join(name);
        match node {
            Node::Directory(directory) => write_directory(directory, &path, copier),
            Node::Copy(source) => copy_of_store_path(source, &path, copier),
            Node::Link(target) => {
                symlink(target, &path).with_context(|| format!("making the link '{}'", path.display()))
            }
            Node::File(file) => write_file(file, &path),
        }
    })
}

fn copy_of_store_path(source: &Path, path: &Path, copier: &Copier) -> Result<()> {
    copier.copy(source, path).with_context(|| format!("copying the store path '{}' into the bundle", source.display()))
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
