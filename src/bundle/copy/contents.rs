//! Copies what is in a file, inside the kernel where that is faster.

use std::ops::Range;
use std::os::fd::OwnedFd;

use rustix::fs::{self, SeekFrom, Stat};
use rustix::io::{self, Errno, Result};

/// From here on, in bytes, a file is work for several threads.
pub const LARGE: u64 = 2 * PART;

/// The size of a part of a large file, in bytes.
const PART: u64 = 32 << 20;

/// Files up to this size, in bytes, fit into the buffer, which is faster than what the kernel does to copy a file.
const SMALL: usize = 64 << 10;

/// Copies a file into an empty one.
pub fn copy(from: &OwnedFd, to: &OwnedFd, stat: &Stat) -> Result<()> {
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if is_sparse(stat) {
        fs::ftruncate(to, size)?;
        return data(from, size)?.into_iter().try_for_each(|range| copy_part(from, to, &range));
    }
    if size > SMALL as u64 {
        return copy_part(from, to, &(0..size));
    }
    through_buffer(from, to, 0..size)
}

/// The parts of a large file, which [`copy_part`] copies in any order into an empty one.
pub fn parts(from: &OwnedFd, to: &OwnedFd, stat: &Stat) -> Result<Vec<Range<u64>>> {
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    fs::ftruncate(to, size)?;
    let whole = || std::iter::once(0..size).collect();
    let ranges: Vec<_> = if is_sparse(stat) { data(from, size)? } else { whole() };
    let cut = |range: Range<u64>| {
        let starts = (range.start..range.end).step_by(usize::try_from(PART).unwrap_or(usize::MAX));
        starts.map(move |start| start..range.end.min(start + PART))
    };
    Ok(ranges.into_iter().flat_map(cut).collect())
}

/// Copies this range of bytes.
pub fn copy_part(from: &OwnedFd, to: &OwnedFd, part: &Range<u64>) -> Result<()> {
    let (mut from_offset, mut to_offset) = (part.start, part.start);
    while from_offset < part.end {
        let rest = usize::try_from(part.end - from_offset).unwrap_or(usize::MAX);
        match fs::copy_file_range(from, Some(&mut from_offset), to, Some(&mut to_offset), rest) {
            // Some file systems say so of a file that is not at its end.
            Ok(0) | Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                return through_buffer(from, to, from_offset..part.end);
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads and writes.
fn through_buffer(from: &OwnedFd, to: &OwnedFd, range: Range<u64>) -> Result<()> {
    thread_local! {
        static BUFFER: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; SMALL]);
    }
    BUFFER.with_borrow_mut(|buffer| {
        let mut offset = range.start;
        while offset < range.end {
            let most = buffer.len().min(usize::try_from(range.end - offset).unwrap_or(usize::MAX));
            let count = match io::pread(from, &mut buffer[..most], offset) {
                // The file has ended before the size that it has.
                Ok(0) => return Err(Errno::IO),
                Err(Errno::INTR) => continue,
                count => count?,
            };
            let mut bytes = &buffer[..count];
            while !bytes.is_empty() {
                match io::pwrite(to, bytes, offset) {
                    Err(Errno::INTR) => {}
                    written => {
                        let written = written?;
                        bytes = &bytes[written..];
                        offset += written as u64;
                    }
                }
            }
        }
        Ok(())
    })
}

/// Whether the file takes less room than it has bytes.
fn is_sparse(stat: &Stat) -> bool {
    stat.st_blocks.saturating_mul(512) < stat.st_size
}

/// The ranges between the holes.
fn data(from: &OwnedFd, size: u64) -> Result<Vec<Range<u64>>> {
    let mut ranges = Vec::new();
    let mut end = 0;
    while end < size {
        let start = match fs::seek(from, SeekFrom::Data(end)) {
            // A hole up to the end.
            Err(Errno::NXIO) => break,
            // The file system does not tell.
            Err(Errno::INVAL) => {
                ranges.push(end..size);
                break;
            }
            start => start?,
        };
        end = fs::seek(from, SeekFrom::Hole(start))?.min(size);
        ranges.push(start..end);
    }
    Ok(ranges)
}
