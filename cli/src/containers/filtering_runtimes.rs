//! The runtimes that this user has asked whether they filter system calls, and that do. To ask one takes as long as half of a start.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags};

/// The file, which is in the directory of the registry.
const FILE: &str = "filtering-runtimes";

/// How large it becomes: some hundred runtimes.
const MOST: u64 = 64 << 10;

/// Those that are noted.
pub fn read(place: &OwnedFd) -> Vec<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::openat(place, FILE, flags, Mode::empty()) else { return Vec::new() };
    let mut text = String::new();
    let _ = File::from(file).take(MOST).read_to_string(&mut text);
    text.lines().map(str::to_owned).collect()
}

/// Notes one. A file that is too large starts anew.
///
/// # Errors
/// A full disk.
pub fn note(place: &OwnedFd, runtime: &str) -> Result<()> {
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let noting = || format!("writing '{FILE}'");
    let mut file = File::from(rustix::fs::openat(place, FILE, flags, Mode::from_raw_mode(0o600)).with_context(noting)?);
    if file.metadata().with_context(noting)?.len() >= MOST {
        file.set_len(0).with_context(noting)?;
    }
    file.write_all(format!("{runtime}\n").as_bytes()).with_context(noting)
}
