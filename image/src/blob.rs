//! The bytes of a layer, made of its store paths.

use std::io::{self, Write};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::compression::{Compression, FrameWrite, Frames};
use crate::digest::{Digest, Hashed};
use crate::layer::Layer;

/// What is known of the bytes of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerBlob {
    /// The digest of the archive (image-spec, config.md, "Layer `DiffID`").
    pub diff_id: Digest,
    /// How many bytes the archive has.
    pub archive_size: u64,
    /// The digest of the compressed archive.
    pub digest: Digest,
    /// How many bytes that has.
    pub size: u64,
}

impl LayerBlob {
    /// Makes the bytes of a layer, and says what is known of them.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn write<W: Write>(layer: &Layer, compression: Compression, out: W) -> Result<(Self, W)> {
        let frames = Frames::new(compression, Hashed::new(out));
        // What is not compressed is the archive itself.
        let archive = (compression != Compression::None).then(|| Hashed::new(io::sink()));
        let mut writer = BlobWriter { archive, frames };
        layer.write(&mut writer)?;
        let (digest, size, out) = writer.frames.finish().context("writing a layer")?.finish();
        let archive = writer.archive.map(Hashed::finish);
        let (diff_id, archive_size) = archive.map_or_else(|| (digest.clone(), size), |(id, size, _)| (id, size));
        Ok((Self { diff_id, archive_size, digest, size }, out))
    }

    /// The digest of its bytes with its own compression, or without one.
    pub fn digest_with(&self, compression: Compression) -> &Digest {
        if compression == Compression::None { &self.diff_id } else { &self.digest }
    }

    /// Makes the bytes again, as they were or without compression, and checks that they are the same.
    ///
    /// # Errors
    /// What cannot be read or written; a store path that has changed.
    pub fn write_again<W: Write>(&self, layer: &Layer, compression: Compression, out: W) -> Result<W> {
        let (found, out) = Self::write(layer, compression, out)?;
        self.ensure_archive(layer, &found.diff_id)?;
        ensure!(
            compression == Compression::None || found.digest == self.digest,
            "a layer ({}) is compressed to {}, and was to {} when the recipe was made: another encoder",
            layer.reason,
            found.digest,
            self.digest
        );
        Ok(out)
    }

    /// Refuses an archive that has become another.
    ///
    /// # Errors
    /// It has: a store path has changed.
    pub fn ensure_archive(&self, layer: &Layer, found: &Digest) -> Result<()> {
        ensure!(
            *found == self.diff_id,
            "a layer ({}) has the digest {found} now, and {} in the recipe: a store path has changed; \
             'nix-store --verify --check-contents' finds out which",
            layer.reason,
            self.diff_id
        );
        Ok(())
    }
}

/// Makes the digest of the archive beside the frames.
struct BlobWriter<W: Write> {
    archive: Option<Hashed<io::Sink>>,
    frames: Frames<Hashed<W>>,
}

impl<W: Write> Write for BlobWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.frames.write(bytes)?;
        if let Some(archive) = &mut self.archive {
            archive.write_all(&bytes[..count])?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frames.flush()
    }
}

impl<W: Write> FrameWrite for BlobWriter<W> {
    fn end_frame(&mut self) -> io::Result<()> {
        self.frames.end_frame()
    }
}
