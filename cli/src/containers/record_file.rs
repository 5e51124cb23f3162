//! The file with a container's record, in its directory. A record is there as a whole or not at all.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use anyhow::{Result, ensure};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};

use super::record::Record;

/// The file.
const RECORD: &str = "record.json";

/// The one that takes its place.
const NEW: &str = ".record.json";

/// A file in whose place a record can be written on a disk that others fill.
const SPARE: &str = ".spare";

/// The largest record that is written or read.
const LARGEST: u64 = 1 << 20;

/// Writes it.
///
/// # Errors
/// A full disk, or a record that is too large.
pub fn write(directory: &OwnedFd, record: &Record) -> Result<()> {
    let text = serde_json::to_vec(record)?;
    let size = u64::try_from(text.len())?;
    ensure!(size <= LARGEST, "a record of {size} bytes is too large, want {LARGEST} at most; publish fewer ports");
    replace(directory, &text).or_else(|error| {
        rustix::fs::unlinkat(directory, SPARE, AtFlags::empty()).map_err(|_| error)?;
        replace(directory, &text)
    })?;
    // The record before this one has left as much of the disk.
    if rustix::fs::statat(directory, SPARE, AtFlags::SYMLINK_NOFOLLOW).is_err() {
        let _ = write_file(directory, SPARE, &text);
    }
    Ok(())
}

fn replace(directory: &OwnedFd, text: &[u8]) -> Result<()> {
    write_file(directory, NEW, text)?;
    Ok(rustix::fs::renameat(directory, NEW, directory, RECORD)?)
}

fn write_file(directory: &OwnedFd, name: &str, text: &[u8]) -> Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(0o600))?);
    Ok(file.write_all(text)?)
}

/// Reads it.
///
/// # Errors
/// It is not there, or is none.
pub fn read(directory: &OwnedFd) -> Result<Record> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, RECORD, flags, Mode::empty())?;
    ensure!(FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) == FileType::RegularFile, "it is no file");
    let mut text = Vec::new();
    File::from(file).take(LARGEST).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
