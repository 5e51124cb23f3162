//! Archives as images have them: the format ustar, with the extended headers of pax where it is too small (pax(1), "pax Interchange
//! Format"; image-spec, layer.md). What is written is a contract: a byte that changes is a new digest for every layer.

mod header;

use std::cell::RefCell;
use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use oci_bundle_builder::plan::capability::FileCapabilities;

use self::header::Header;

/// The unit of an archive.
const BLOCK: usize = 512;

/// What stands in an archive before the bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'m> {
    /// The path, without a slash at its start or its end.
    pub path: &'m [u8],
    /// The permissions.
    pub mode: u32,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// What a program gets from its file.
    pub capabilities: FileCapabilities,
    /// What it is.
    pub kind: Kind<'m>,
}

impl<'m> Member<'m> {
    /// One that root has, and everybody may read.
    pub fn new(path: &'m [u8], kind: Kind<'m>) -> Self {
        Self { path, mode: 0o444, uid: 0, gid: 0, capabilities: FileCapabilities::default(), kind }
    }
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'m> {
    /// A directory.
    Directory,
    /// A file of so many bytes, which follow.
    File(u64),
    /// A symbolic link to this target.
    Symlink(&'m [u8]),
}

/// Writes a member that has no bytes, or the start of a file.
///
/// # Errors
/// The writer's.
pub fn write_member(out: &mut dyn Write, member: &Member<'_>) -> std::io::Result<()> {
    Header::new(member).write(out)
}

/// How many bytes of a file are read at once: what stays in the processor's caches until it is written.
const BUFFER: usize = 256 << 10;

thread_local! {
    /// To make one for each file would take longer than to read most files.
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; BUFFER]);
}

/// Writes the bytes of a file, which has as many as its member says.
///
/// # Errors
/// It has more or fewer, or what reading and writing it gives.
pub fn write_content(out: &mut dyn Write, content: &mut dyn Read, size: u64) -> Result<()> {
    READ.with_borrow_mut(|buffer| copy(out, content, (size, buffer)))?;
    Ok(pad(out, size)?)
}

fn copy(out: &mut dyn Write, content: &mut dyn Read, (size, buffer): (u64, &mut [u8])) -> Result<()> {
    let mut left = size;
    loop {
        let count = match content.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            count => count.context("reading")?,
        };
        ensure!(count as u64 <= left, "it has more than {size} bytes now");
        left -= count as u64;
        out.write_all(&buffer[..count])?;
        // A file gives less than there is space for only at its end.
        if count == 0 || (left == 0 && count < buffer.len()) {
            break;
        }
    }
    ensure!(left == 0, "it has {} bytes now, and had {size}", size - left);
    Ok(())
}

/// Fills the last block of a file.
fn pad(out: &mut dyn Write, size: u64) -> std::io::Result<()> {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    if over > 0 { out.write_all(&[0; BLOCK][over..]) } else { Ok(()) }
}

/// Writes the end of an archive.
///
/// # Errors
/// The writer's.
pub fn write_end(out: &mut dyn Write) -> std::io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

#[cfg(test)]
mod tests;
