//! The path of an open file.

use std::os::fd::{AsFd, AsRawFd};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;

/// The real path of what is open.
///
/// # Errors
/// It has none, or one that is not UTF-8.
pub fn real_path(file: impl AsFd) -> Result<Utf8PathBuf> {
    let link = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let path = std::fs::read_link(&link).with_context(|| format!("reading the link '{link}'"))?;
    Utf8PathBuf::from_path_buf(path).ok().context("its path is not UTF-8; want one that is")
}
