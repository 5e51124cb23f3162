//! What is wrong with an argument, and where it is.

use std::fmt;

use super::AttrPath;

/// What is wrong with what the user wrote, with the path of its attribute: one line, `path: problem`.
///
/// Which function was called, the program that prints the line knows, and says before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    path: AttrPath,
    problem: String,
}

impl ArgumentError {
    /// `problem` says what was found, what is wanted, and where it helps what to try.
    pub fn new(path: &AttrPath, problem: impl Into<String>) -> Self {
        Self { path: path.clone(), problem: problem.into() }
    }

    /// The same error in the original, if it is in what was copied from there.
    #[must_use]
    pub fn moved(self, copy: &AttrPath, original: &AttrPath) -> Self {
        match self.path.rebase(copy, original) {
            Some(path) => Self { path, ..self },
            None => self,
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ArgumentError {}
