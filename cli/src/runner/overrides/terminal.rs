//! The terminal that a process gets.

/// A terminal's size, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its lines.
    pub height: u16,
    /// The characters of a line.
    pub width: u16,
    /// Its type, as the caller's variable `TERM` has it.
    pub kind: Option<String>,
}
