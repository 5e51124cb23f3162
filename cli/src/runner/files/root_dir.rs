//! The root file system of a bundle, looked into before there is a container. It may be anybody's: nothing in it leads
//! outside, and only regular files are opened.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};

use super::retry::retry_on_race;

/// A root directory.
#[derive(Debug)]
pub struct RootDir {
    directory: OwnedFd,
    /// The /proc in which this process is, where it has entered a mount namespace with another one.
    proc: Option<OwnedFd>,
}

impl RootDir {
    /// That of a directory that is open.
    pub fn new(directory: OwnedFd) -> Self {
        Self { directory, proc: None }
    }

    /// The same for a process that has entered another mount namespace, with the /proc of the one before.
    pub fn with_proc(self, proc: OwnedFd) -> Self {
        Self { proc: Some(proc), ..self }
    }

    /// The start of a file: of more than `most` bytes, nothing.
    ///
    /// # Errors
    /// It is not there, or no regular file, or too long, or not UTF-8.
    pub fn read(&self, path: &str, most: u64) -> io::Result<String> {
        let found = self.find(path)?;
        if FileType::from_raw_mode(fstat(&found)?.st_mode) != FileType::RegularFile {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        // What was looked at, and no other: a FIFO would wait, and a device do something.
        let link = format!("self/fd/{}", found.as_fd().as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = match &self.proc {
            Some(proc) => openat(proc, link, flags, Mode::empty()),
            None => openat(CWD, format!("/proc/{link}"), flags, Mode::empty()),
        };
        let file = File::from(file?);
        let mut text = String::new();
        file.take(most + 1).read_to_string(&mut text)?;
        if text.len() as u64 > most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("longer than {most} bytes")));
        }
        Ok(text)
    }

    fn find(&self, path: &str) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        Ok(retry_on_race(|| openat2(&self.directory, path, flags, Mode::empty(), resolve))?)
    }
}

impl AsFd for RootDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

#[cfg(test)]
pub mod tests;
