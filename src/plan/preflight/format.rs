//! What kind of program a file is, as far as Linux is concerned.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

use super::elf::{self, Program};
use super::shebang::{self, Script};
use crate::plan::file;
use crate::plan::resolve::{Content, File};

/// The kinds of program that Linux itself can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// An ELF program (elf(5)).
    Elf(Program),
    /// A script with an interpreter (execve(2), "Interpreter scripts").
    Script(Script),
    /// One of these, but not sound; the reason follows the file's name.
    Damaged(String),
    /// Neither.
    Unknown,
}

impl Format {
    /// The kind of a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(file: &File) -> Result<Self> {
        match &file.content {
            Content::Text(text) => Ok(Self::by_start(text.as_bytes()).unwrap_or(Self::Unknown)),
            Content::CopyOf(path) => Self::of_path(path),
        }
    }

    fn of_path(path: &Path) -> Result<Self> {
        let reading = || format!("reading '{}'", path.display());
        let file = file::open(path)?;
        let mut start = Vec::new();
        (&file).take(shebang::READ_BY_LINUX).read_to_end(&mut start).with_context(reading)?;
        if start.starts_with(elf::MAGIC) {
            return Ok(elf::parse(file).map_or_else(Self::Damaged, Self::Elf));
        }
        Ok(Self::by_start(&start).unwrap_or(Self::Unknown))
    }

    fn by_start(bytes: &[u8]) -> Option<Self> {
        let line = bytes.strip_prefix(b"#!")?;
        Some(shebang::parse(line).map_or_else(Self::Damaged, Self::Script))
    }
}
