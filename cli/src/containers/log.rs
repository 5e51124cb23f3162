//! The log of a detached container: what it prints, line by line with the time, as Kubernetes has it (CRI, "Container log
//! format"): `2026-01-31T23:59:59.123456789Z stdout F text`. A line that is not at its end has `P` instead of `F`.
//!
//! There are two files, `log` and the one before, `log.1`. A disk that is full keeps no container from running: what cannot be
//! written is counted in a file that has its size from the start.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::SystemTime;

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// How large a file becomes.
const MOST: u64 = 8 << 20;

/// The longest part of a line that is one entry.
const LONGEST_PART: usize = 16 << 10;

/// How many digits the count of lost bytes has.
const DIGITS: usize = 20;

/// The file for it.
const LOST: &str = "lost";

/// Which of its outputs a container has printed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// The log of a container of this process.
#[derive(Debug)]
pub struct LogWriter {
    directory: OwnedFd,
    file: File,
    size: u64,
    lost: u64,
    lost_file: File,
}

impl LogWriter {
    /// Starts one in the container's directory.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn new(directory: OwnedFd) -> Result<Self> {
        let file = create(&directory, "log").context("making the log")?;
        let mut lost_file = create(&directory, LOST).context("making the log")?;
        write!(lost_file, "{:0DIGITS$}", 0).context("making the log")?;
        Ok(Self { directory, file, size: 0, lost: 0, lost_file })
    }

    /// Adds what was printed: a line, or a part of one. What cannot be written is lost, and is counted.
    pub fn append(&mut self, stream: Stream, part: &[u8]) {
        let (text, mark) = part.strip_suffix(b"\n").map_or((part, 'P'), |line| (line, 'F'));
        let time = humantime::format_rfc3339_nanos(SystemTime::now());
        let mut entry = format!("{time} {} {mark} ", stream.name()).into_bytes();
        entry.extend_from_slice(text);
        entry.push(b'\n');
        if self.size + entry.len() as u64 > MOST {
            self.rotate();
        }
        if self.file.write_all(&entry).is_ok() {
            self.size += entry.len() as u64;
        } else {
            // What was written of the entry is taken back, so that the next one starts a line.
            let _ = self.file.set_len(self.size);
            let _ = self.file.seek(SeekFrom::Start(self.size));
            self.lose(part.len());
        }
    }

    /// Counts bytes that nobody can read.
    fn lose(&mut self, bytes: usize) {
        self.lost += bytes as u64;
        let _ = self.lost_file.seek(SeekFrom::Start(0));
        let _ = write!(self.lost_file, "{:0DIGITS$}", self.lost);
    }

    fn rotate(&mut self) {
        let rotated = rustix::fs::renameat(&self.directory, "log", &self.directory, "log.1");
        if let (Ok(()), Ok(file)) = (rotated, create(&self.directory, "log")) {
            (self.file, self.size) = (file, 0);
        }
    }
}

/// One of the outputs of a container, which goes to its log.
#[derive(Debug)]
pub struct Output {
    stream: Stream,
    /// Where it comes from; none at its end.
    pipe: Option<File>,
    line: Vec<u8>,
}

impl Output {
    /// One that comes from a pipe.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn new(stream: Stream, pipe: OwnedFd) -> Result<Self> {
        rustix::io::ioctl_fionbio(&pipe, true).context("reading what a container prints")?;
        Ok(Self { stream, pipe: Some(pipe.into()), line: Vec::new() })
    }

    /// Where it comes from, until its end.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Adds what has come to the log, without waiting for more.
    pub fn copy_to(&mut self, log: &mut LogWriter) {
        let mut buffer = [0; 16 << 10];
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(&mut buffer) {
            Ok(0) => self.pipe = None,
            Ok(count) => self.add(&buffer[..count], log),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(_) => self.pipe = None,
        }
        if self.pipe.is_none() && !self.line.is_empty() {
            log.append(self.stream, &self.line);
            self.line.clear();
        }
    }

    fn add(&mut self, bytes: &[u8], log: &mut LogWriter) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let mut part = part;
            while !part.is_empty() {
                let taken = part.len().min(LONGEST_PART - self.line.len());
                self.line.extend_from_slice(&part[..taken]);
                part = &part[taken..];
                if self.line.ends_with(b"\n") || self.line.len() >= LONGEST_PART {
                    log.append(self.stream, &self.line);
                    self.line.clear();
                }
            }
        }
    }
}

fn create(directory: impl AsFd, name: &str) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(0o600)).map(File::from)
}

fn open(directory: impl AsFd, name: &str) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::openat(directory, name, flags, Mode::empty()).ok().map(File::from)
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The output.
    pub stream: Stream,
    /// What was printed, with the end of its line if it has that.
    pub text: Vec<u8>,
}

impl Entry {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut parts = line.splitn(4, |byte| *byte == b' ').skip(1);
        let stream = match parts.next()? {
            b"stdout" => Stream::Stdout,
            b"stderr" => Stream::Stderr,
            _ => return None,
        };
        let is_whole = parts.next()? == b"F";
        let mut text = parts.next()?.to_vec();
        if is_whole {
            text.push(b'\n');
        }
        Some(Self { stream, text })
    }
}

/// Reads a log while it is written.
#[derive(Debug)]
pub struct LogReader {
    directory: OwnedFd,
    file: Option<BufReader<File>>,
    pending: Vec<u8>,
}

impl LogReader {
    /// Of the container of this directory.
    pub fn new(directory: OwnedFd) -> Self {
        let file = open(&directory, "log.1").or_else(|| open(&directory, "log")).map(BufReader::new);
        Self { directory, file, pending: Vec::new() }
    }

    /// The next entry; `None` if there is no more yet.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>> {
        loop {
            let Some(file) = &mut self.file else { return Ok(None) };
            file.read_until(b'\n', &mut self.pending).context("reading the log")?;
            if self.pending.ends_with(b"\n") {
                let entry = Entry::parse(&self.pending[..self.pending.len() - 1]);
                self.pending.clear();
                if entry.is_some() {
                    return Ok(entry);
                }
            } else if !self.turn()? {
                return Ok(None);
            }
        }
    }

    /// Goes on to the file that has taken the place of this one, if there is one.
    fn turn(&mut self) -> Result<bool> {
        let Some(next) = open(&self.directory, "log") else { return Ok(false) };
        let number = |file: &File| file.metadata().map(|it| it.ino()).context("looking at the log");
        let here = self.file.as_ref().map(|file| number(file.get_ref())).transpose()?;
        if here == Some(number(&next)?) {
            return Ok(false);
        }
        self.file = Some(BufReader::new(next));
        self.pending.clear();
        Ok(true)
    }

    /// How many bytes could not be written.
    pub fn lost(&self) -> u64 {
        let mut text = String::new();
        let file = open(&self.directory, LOST);
        file.and_then(|file| file.take(DIGITS as u64).read_to_string(&mut text).ok());
        text.parse().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
