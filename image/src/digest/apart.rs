//! A writer whose digests are made and checked in a thread of its own, while what is written goes on.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use super::Digest;
use crate::compression::FrameWrite;

/// How many bytes are written and handed over at once.
const CHUNK: usize = 512 << 10;

/// How many chunks wait to be hashed.
const WAITING: usize = 8;

/// A writer that checks parts of what goes through it: each from [`begin`](HashedApart::begin) to [`end`](HashedApart::end). It
/// holds back what is written behind the last of them.
#[derive(Debug)]
pub struct HashedApart<W> {
    inner: W,
    chunk: Vec<u8>,
    is_in_part: bool,
    to_hash: Option<SyncSender<Message>>,
    used: Receiver<Arc<Vec<u8>>>,
    thread: Option<JoinHandle<Option<Mismatch>>>,
}

/// A part that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// How many parts before it were right.
    pub number: usize,
    /// What it is.
    pub found: Digest,
}

enum Message {
    Bytes(Arc<Vec<u8>>),
    End(Digest),
}

impl<W: Write> HashedApart<W> {
    /// Around another writer.
    pub fn new(inner: W) -> Self {
        let (to_hash, messages) = sync_channel(WAITING);
        let (give_back, used) = channel();
        let thread = thread::spawn(move || {
            let (mut hash, mut number) = (Sha256::new(), 0);
            for message in messages {
                match message {
                    Message::Bytes(chunk) => {
                        hash.update(&*chunk);
                        // Nobody takes it any more at the end.
                        let _ = give_back.send(chunk);
                    }
                    Message::End(wanted) => {
                        let found = Digest::from_hash(&hash.finalize_reset());
                        if found != wanted {
                            return Some(Mismatch { number, found });
                        }
                        number += 1;
                    }
                }
            }
            None
        });
        let chunk = Vec::with_capacity(CHUNK);
        Self { inner, chunk, is_in_part: false, to_hash: Some(to_hash), used, thread: Some(thread) }
    }

    /// Begins a part.
    ///
    /// # Errors
    /// The other writer's.
    pub fn begin(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.is_in_part = true;
        Ok(())
    }

    /// Ends a part, which should have this digest.
    ///
    /// # Errors
    /// The other writer's; an earlier part that was wrong.
    pub fn end(&mut self, wanted: &Digest) -> io::Result<()> {
        self.hand_over()?;
        self.is_in_part = false;
        self.send(Message::End(wanted.clone()))
    }

    /// Waits until all parts are checked, and gives the first that was wrong.
    ///
    /// # Errors
    /// The thread has ended early.
    pub fn check(&mut self) -> io::Result<Option<Mismatch>> {
        self.to_hash = None;
        match self.thread.take() {
            Some(thread) => thread.join().map_err(|_| io::Error::other("a thread has ended early")),
            None => Ok(None),
        }
    }

    /// Writes what was held back behind the last part, and gives the other writer.
    ///
    /// # Errors
    /// The other writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.inner.write_all(&self.chunk)?;
        Ok(self.inner)
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        if !self.is_in_part {
            self.inner.write_all(&self.chunk)?;
            self.chunk.clear();
            return Ok(());
        }
        let mut next = self.used.try_recv().ok().and_then(|chunk| Arc::try_unwrap(chunk).ok());
        let next = next.take().unwrap_or_else(|| Vec::with_capacity(CHUNK));
        let chunk = Arc::new(std::mem::replace(&mut self.chunk, next));
        self.chunk.clear();
        self.send(Message::Bytes(Arc::clone(&chunk)))?;
        self.inner.write_all(&chunk)
    }

    fn send(&self, message: Message) -> io::Result<()> {
        let sent = self.to_hash.as_ref().is_some_and(|to_hash| to_hash.send(message).is_ok());
        if sent { Ok(()) } else { Err(io::Error::other("an earlier part is wrong")) }
    }
}

impl<W: Write> Write for HashedApart<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK {
            self.hand_over()?;
        }
        let count = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    /// Does nothing: a chunk is written when it is full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> FrameWrite for HashedApart<W> {
    fn end_frame(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes through with these digests for two parts, and what was wrong.
    fn written(part: &[u8], digests: [&Digest; 2]) -> (Option<Mismatch>, Vec<u8>) {
        let mut hashed = HashedApart::new(Vec::new());
        let mut write = || -> io::Result<()> {
            for digest in digests {
                hashed.write_all(b"between")?;
                hashed.begin()?;
                for bytes in part.chunks(100_000) {
                    hashed.write_all(bytes)?;
                }
                hashed.end(digest)?;
            }
            hashed.write_all(b"end")
        };
        let _ = write();
        let mismatch = hashed.check().unwrap();
        // What was held back is for the right ones alone.
        let bytes = if mismatch.is_none() { hashed.finish().unwrap() } else { hashed.inner };
        (mismatch, bytes)
    }

    #[test]
    fn parts_of_any_size_are_checked() {
        for size in [0, 1, CHUNK - 1, CHUNK, 10 * CHUNK + 7] {
            let part: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let digest = Digest::new(&part);
            let wanted = [b"between", &part[..], b"between", &part[..], b"end"].concat();
            assert_eq!(written(&part, [&digest, &digest]), (None, wanted), "{size}");
        }
    }

    #[test]
    fn a_wrong_part_is_found_before_the_end_is_written() {
        let part = vec![7; 3 * CHUNK];
        let (right, wrong) = (Digest::new(&part), Digest::new(b"another"));
        for (digests, number) in [([&wrong, &right], 0), ([&right, &wrong], 1)] {
            let (mismatch, bytes) = written(&part, digests);
            assert_eq!(mismatch, Some(Mismatch { number, found: right.clone() }));
            assert!(!bytes.ends_with(b"end"));
        }
    }
}
