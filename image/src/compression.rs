//! How the bytes of a layer are made smaller. A layer is a row of frames, which decode as one (RFC 8878, 3.1; RFC 1952, 2.2): one for
//! each store path, so that its compressed bytes are the same in any layer.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use zstd::stream::write::Encoder as ZstdEncoder;

/// The level of zstd: its own default.
const ZSTD_LEVEL: i32 = 3;

/// The level of gzip: its own default.
const GZIP_LEVEL: u32 = 6;

/// A way to do that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Zstandard.
    #[default]
    Zstd,
    /// gzip, for what is older: Docker before 23, umoci.
    Gzip,
    /// None.
    None,
}

impl Compression {
    /// The type of a layer (image-spec, media-types.md).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
            Self::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::None => "application/vnd.oci.image.layer.v1.tar",
        }
    }

    /// What makes the bytes. Another version may make others.
    pub fn encoder(self) -> String {
        match self {
            Self::Zstd => format!("zstd {}", zstd::zstd_safe::version_string()),
            Self::Gzip => "zlib-rs".to_owned(),
            Self::None => "none".to_owned(),
        }
    }
}

/// A writer that can begin a new frame.
pub trait FrameWrite: Write {
    /// Ends the frame, if one has begun.
    ///
    /// # Errors
    /// Those of writing.
    fn end_frame(&mut self) -> io::Result<()>;
}

/// A writer of frames.
pub struct Frames<W: Write> {
    compression: Compression,
    state: Option<State<W>>,
}

enum State<W: Write> {
    Between(W),
    Zstd(ZstdEncoder<'static, W>),
    Gzip(GzEncoder<W>),
}

impl<W: Write> Frames<W> {
    /// Into another writer.
    pub fn new(compression: Compression, inner: W) -> Self {
        Self { compression, state: Some(State::Between(inner)) }
    }

    /// Ends the last frame, and gives the other writer.
    ///
    /// # Errors
    /// The other writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_frame()?;
        match self.state {
            Some(State::Between(inner)) => Ok(inner),
            _ => Err(io::Error::other("an earlier error")),
        }
    }

    fn begin(&mut self) -> io::Result<&mut dyn Write> {
        if let Some(State::Between(_)) = &self.state {
            if let Some(State::Between(inner)) = self.state.take() {
                self.state = Some(match self.compression {
                    Compression::Zstd => State::Zstd(ZstdEncoder::new(inner, ZSTD_LEVEL)?),
                    Compression::Gzip => State::Gzip(GzEncoder::new(inner, flate2::Compression::new(GZIP_LEVEL))),
                    Compression::None => State::Between(inner),
                });
            }
        }
        match &mut self.state {
            Some(State::Between(inner)) => Ok(inner),
            Some(State::Zstd(encoder)) => Ok(encoder),
            Some(State::Gzip(encoder)) => Ok(encoder),
            None => Err(io::Error::other("an earlier error")),
        }
    }
}

impl<W: Write> Write for Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> FrameWrite for Frames<W> {
    fn end_frame(&mut self) -> io::Result<()> {
        let inner = match self.state.take() {
            Some(State::Zstd(encoder)) => encoder.finish()?,
            Some(State::Gzip(encoder)) => encoder.finish()?,
            Some(State::Between(inner)) => inner,
            None => return Err(io::Error::other("an earlier error")),
        };
        self.state = Some(State::Between(inner));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
