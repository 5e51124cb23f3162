//! The steps of a path, and of the targets of links on it.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To something in this directory.
    Name(OsString),
    /// To the directory above.
    Parent,
    /// Nowhere, but what is here has to be a directory: `.`, and a slash behind a name.
    Here,
}

/// What is left to follow: the texts of paths, the innermost one last, each with how much of it was followed.
#[derive(Clone, Debug, Default)]
pub struct Steps(Vec<(Vec<u8>, usize)>);

impl Steps {
    /// Puts the steps of a path before the others.
    pub fn put_first(&mut self, path: &Path) {
        self.0.push((path.as_os_str().as_bytes().to_owned(), 0));
        self.drop_followed();
    }

    /// Whether there are no more.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn drop_followed(&mut self) {
        while self.0.last().is_some_and(|(text, followed)| *followed == text.len()) {
            self.0.pop();
        }
    }
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let (text, followed) = self.0.last_mut()?;
        let rest = &text[*followed..];
        let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
        let length = rest[slashes..].iter().take_while(|byte| **byte != b'/').count();
        *followed += slashes + length;
        let step = match &rest[slashes..slashes + length] {
            b"" | b"." => Step::Here,
            b".." => Step::Parent,
            name => Step::Name(OsString::from_vec(name.to_owned())),
        };
        self.drop_followed();
        Some(step)
    }
}
