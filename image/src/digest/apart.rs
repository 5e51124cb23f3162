//! A writer whose digest is made in a thread of its own, while what is written goes on.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use super::Digest;

/// How many bytes are handed over at once.
const CHUNK: usize = 1 << 20;

/// How many chunks wait to be hashed.
const WAITING: usize = 4;

/// A writer that knows the digest of what went through it, as [`Hashed`](super::Hashed) does.
#[derive(Debug)]
pub struct HashedApart<W> {
    inner: W,
    chunk: Vec<u8>,
    chunks: SyncSender<Vec<u8>>,
    used: Receiver<Vec<u8>>,
    thread: JoinHandle<Digest>,
}

impl<W: Write> HashedApart<W> {
    /// Around another writer.
    pub fn new(inner: W) -> Self {
        let (chunks, to_hash) = sync_channel::<Vec<u8>>(WAITING);
        let (give_back, used) = channel();
        let thread = thread::spawn(move || {
            let mut hash = Sha256::new();
            for chunk in to_hash {
                hash.update(&chunk);
                // Nobody takes it any more at the end.
                let _ = give_back.send(chunk);
            }
            Digest::from_hash(&hash.finalize())
        });
        Self { inner, chunk: Vec::with_capacity(CHUNK), chunks, used, thread }
    }

    /// What went through, and the other writer.
    ///
    /// # Errors
    /// The thread has ended early.
    pub fn finish(mut self) -> io::Result<(Digest, W)> {
        self.hand_over()?;
        drop(self.chunks);
        let digest = self.thread.join().map_err(|_| io::Error::other("a thread has ended early"))?;
        Ok((digest, self.inner))
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let mut next = self.used.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK));
        next.clear();
        let chunk = std::mem::replace(&mut self.chunk, next);
        self.chunks.send(chunk).map_err(|_| io::Error::other("a thread has ended early"))
    }
}

impl<W: Write> Write for HashedApart<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.chunk.extend_from_slice(&bytes[..count]);
        if self.chunk.len() >= CHUNK {
            self.hand_over()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_digest_of_all_that_went_through() {
        for size in [0, 1, CHUNK - 1, CHUNK, 10 * CHUNK + 7] {
            let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut hashed = HashedApart::new(Vec::new());
            for part in bytes.chunks(100_000) {
                hashed.write_all(part).unwrap();
            }
            let (digest, written) = hashed.finish().unwrap();
            assert_eq!((digest, written.len()), (Digest::new(&bytes), size), "{size}");
        }
    }
}
