//! What the copies do not bring: directories, files and links of the plan, made by all threads.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use rayon::Scope;

use crate::file;
use crate::rootfs::tree::{Content, Directory, File, Node};

/// How many entries of a directory are one piece of work.
const AT_ONCE: usize = 128;

/// Makes what is planned in the directory at `path`, which is there. Every name on the way to it is a real directory: the
/// plan has followed all links already, so none is followed now.
///
/// # Errors
/// What failed first, and on which file.
pub fn make(directory: &Directory, path: &Path) -> Result<()> {
    let error = Mutex::new(None);
    rayon::scope(|scope| make_in(scope, directory, path, &error));
    error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Leaves the entries to whichever thread is free. None waits for another, so that directories may be in each other however
/// deep: what waits takes no stack.
fn make_in<'s>(scope: &Scope<'s>, directory: &'s Directory, path: &Path, error: &'s Mutex<Option<anyhow::Error>>) {
    let children: Vec<_> = directory.children.iter().collect();
    for some in children.chunks(AT_ONCE) {
        let (path, some) = (path.to_owned(), some.to_owned());
        scope.spawn(move |scope| {
            for (name, node) in some {
                if lock(error).is_some() {
                    return;
                }
                let path = path.join(name);
                match make_entry(node, &path) {
                    Ok(Some(directory)) => make_in(scope, directory, &path, error),
                    Ok(None) => {}
                    Err(new) => drop(lock(error).get_or_insert(new)),
                }
            }
        });
    }
}

fn lock(error: &Mutex<Option<anyhow::Error>>) -> MutexGuard<'_, Option<anyhow::Error>> {
    error.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an entry, and gives the directory that it is, in which there may be more to make.
fn make_entry<'t>(node: &'t Node, path: &Path) -> Result<Option<&'t Directory>> {
    match node {
        Node::Directory(directory) => {
            if directory.copy_of.is_none() {
                make_directory_unless_there(path)?;
            }
            return Ok(Some(directory));
        }
        Node::Copy(_) => {}
        Node::Link(target) => symlink(target, path).with_context(|| format!("making the link '{}'", path.display()))?,
        Node::File(file) => write_file(file, path)?,
    }
    Ok(None)
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
            let mut original = file::open(source)?;
            let mut new = fs::OpenOptions::new();
            let mut new = new.write(true).create_new(true).mode(mode).open(path).with_context(making)?;
            std::io::copy(&mut original, &mut new).with_context(making).map(drop)
        }
    }
}
