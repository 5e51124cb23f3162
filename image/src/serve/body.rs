//! The bytes of a layer on their way to a client.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// How many bytes are sent at once.
const CHUNK: usize = 256 << 10;

/// How many chunks wait for a slow client.
const WAITING: usize = 4;

/// The end that is read.
pub struct LayerBody {
    chunks: Receiver<io::Result<Bytes>>,
    left: u64,
}

/// The end that is written. The last chunk is kept until it is known that all was right, so that no client takes what was not for
/// what was.
pub struct LayerWriter {
    chunks: Sender<io::Result<Bytes>>,
    /// How long a client may take none, while others wait for the place that it holds.
    patience: Duration,
    skipped: u64,
    chunk: Vec<u8>,
    kept: Option<Bytes>,
}

/// Both ends of a layer of so many bytes, of which the first are skipped.
pub fn pair(size: u64, skipped: u64, patience: Duration) -> (LayerWriter, LayerBody) {
    let (sender, receiver) = channel(WAITING);
    let writer = LayerWriter { chunks: sender, patience, skipped, chunk: Vec::with_capacity(CHUNK), kept: None };
    (writer, LayerBody { chunks: receiver, left: size - skipped })
}

impl LayerWriter {
    /// Sends what was kept: all was right.
    pub fn finish(mut self) -> io::Result<()> {
        self.next_chunk()?;
        match self.kept.take() {
            Some(chunk) => self.send(Ok(chunk)),
            None => Ok(()),
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        if chunk.is_empty() {
            return Ok(());
        }
        match self.kept.replace(chunk.into()) {
            Some(before) => self.send(Ok(before)),
            None => Ok(()),
        }
    }

    fn send(&self, chunk: io::Result<Bytes>) -> io::Result<()> {
        let gone = |reason| io::Error::new(io::ErrorKind::BrokenPipe, reason);
        let sent = Handle::current().block_on(timeout(self.patience, self.chunks.send(chunk)));
        sent.map_err(|_| gone("the client takes nothing more"))?.map_err(|_| gone("the client has hung up"))
    }
}

impl Write for LayerWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = usize::try_from(self.skipped).unwrap_or(usize::MAX).min(bytes.len());
        self.skipped -= skipped as u64;
        let mut rest = &bytes[skipped..];
        while !rest.is_empty() {
            let space = (CHUNK - self.chunk.len()).min(rest.len());
            self.chunk.extend_from_slice(&rest[..space]);
            rest = &rest[space..];
            if self.chunk.len() == CHUNK {
                self.next_chunk()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Body for LayerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.chunks.poll_recv(context).map(|chunk| match chunk {
            Some(Ok(chunk)) => {
                self.left = self.left.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
            }
            Some(Err(error)) => Some(Err(error)),
            // Whoever makes the bytes has given up.
            None if self.left > 0 => Some(Err(io::Error::other("the layer ends early"))),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
