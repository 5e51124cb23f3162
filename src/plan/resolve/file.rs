//! A file of a container, as it is planned or as the closure has it.

use std::path::PathBuf;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub content: Content,
    /// Whether it can be run.
    pub executable: bool,
}

/// What a file has in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// What is in this file of the store.
    CopyOf(PathBuf),
}
