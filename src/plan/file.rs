//! Files opened to be read: regular ones, as all are in a store. To open what only looks like one may take forever, as with
//! a FIFO, or do something, as with a device.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rustix::fs::{CWD, FileType, Mode, OFlags};

/// How a file is opened that has to be a regular one: nothing is waited for, and no link is followed.
pub const TO_READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Opens a regular file. The last name of its path is no link.
///
/// # Errors
/// What cannot be opened, and what is no regular file.
pub fn open(path: &Path) -> Result<File> {
    let opening = || format!("opening '{}'", path.display());
    let file = rustix::fs::openat(CWD, path, TO_READ, Mode::empty()).with_context(opening)?;
    let stat = rustix::fs::fstat(&file).with_context(opening)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        bail!("'{}' is not a regular file", path.display());
    }
    Ok(file.into())
}

/// Reads a text of at most so many bytes.
///
/// # Errors
/// What cannot be read, is larger, or is no text.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let reading = || format!("reading '{}'", path.display());
    let mut bytes = Vec::new();
    // One byte more tells what is larger from what has just this size.
    open(path)?.take(most + 1).read_to_end(&mut bytes).with_context(reading)?;
    if bytes.len() as u64 > most {
        bail!("'{}' is larger than {most} bytes", path.display());
    }
    String::from_utf8(bytes).with_context(reading)
}

#[cfg(test)]
mod tests;
