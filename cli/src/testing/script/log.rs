//! What a container prints: kept, searched, and shown while it runs.

use std::io::Write;

use oci_bundle_builder::plan::diagnostics::text;

/// How much of it is kept. What comes after that is read and dropped, so that the program goes on.
const MOST: usize = 8 << 20;

/// How much of its end is kept as well.
const END: usize = 64 << 10;

/// How much of it is shown while it runs: a log of Nix keeps all that it is given.
const MOST_SHOWN: usize = 1 << 20;

/// The longest text that is searched for, so that the end that is kept always has all of it but the last byte.
pub const LONGEST_TEXT: usize = 4 << 10;

/// The longest part of a line that is shown as one.
const LONGEST_LINE: usize = 4 << 10;

/// How many lines a failure shows.
const LINES_SHOWN: usize = 50;

/// Both outputs of one run of a container, as they came.
#[derive(Debug, Default)]
pub struct Log {
    /// The start of it.
    bytes: Vec<u8>,
    /// The end of it; the start is in here as well until there is more.
    end: Vec<u8>,
    total: u64,
    watches: Vec<Watch>,
}

/// A text that somebody waits for.
#[derive(Debug)]
struct Watch {
    text: Vec<u8>,
    is_found: bool,
}

/// Which watch it is.
#[derive(Clone, Copy, Debug)]
pub struct WatchId(usize);

impl Log {
    /// Adds what was printed.
    pub fn append(&mut self, chunk: &[u8]) {
        self.total += chunk.len() as u64;
        let space = MOST.saturating_sub(self.bytes.len()).min(chunk.len());
        self.bytes.extend_from_slice(&chunk[..space]);
        let before = self.end.len();
        self.end.extend_from_slice(chunk);
        for watch in self.watches.iter_mut().filter(|watch| !watch.is_found) {
            // A text may have begun before.
            let from = before.saturating_sub(watch.text.len().saturating_sub(1));
            watch.is_found = contains(&self.end[from..], &watch.text);
        }
        // Seldom, so that each byte is moved a few times at most.
        if self.end.len() > 4 * END {
            self.end.drain(..self.end.len() - END);
        }
    }

    /// Waits for a text from now on; it may be there already. It is not empty, and not longer than [`LONGEST_TEXT`].
    pub fn watch(&mut self, text: &str) -> WatchId {
        let text = text.as_bytes().to_vec();
        let is_found = contains(&self.bytes, &text) || contains(&self.end, &text);
        self.watches.push(Watch { text, is_found });
        WatchId(self.watches.len() - 1)
    }

    /// Whether a text has come.
    pub fn has_come(&self, WatchId(index): WatchId) -> bool {
        self.watches[index].is_found
    }

    /// What is kept of the start.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How much there was in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The last lines, and a line before them about what is not shown.
    pub fn last_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.end);
        let lines: Vec<_> = text.lines().collect();
        let first = lines.len().saturating_sub(LINES_SHOWN);
        let mut shown = Vec::new();
        if self.total > self.end.len() as u64 {
            shown.push(format!("… the end of {} bytes", self.total));
        } else if first > 0 {
            shown.push(format!("… {first} lines before"));
        }
        shown.extend(lines[first..].iter().map(|line| (*line).to_owned()));
        shown
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    // Two-way, in linear time; windows() would compare every place in full.
    memchr::memmem::find(bytes, text).is_some()
}

/// Shows an output by whole lines, as others show theirs at the same time.
pub struct Shown {
    /// What stands before each line.
    mark: String,
    line: Vec<u8>,
    left: usize,
}

impl Shown {
    /// Of a container, whose name is before each line, and of which only the first MiB is shown.
    pub fn new(name: &str) -> Self {
        Self { mark: format!("{name} | "), line: Vec::new(), left: MOST_SHOWN }
    }

    /// Of the script.
    pub fn unmarked() -> Self {
        Self { mark: String::new(), line: Vec::new(), left: usize::MAX }
    }

    /// Shows the lines that have come to their end.
    pub fn append(&mut self, chunk: &[u8]) {
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.left == 0 {
                return;
            }
            let space = LONGEST_LINE.saturating_sub(self.line.len()).min(part.len());
            self.line.extend_from_slice(&part[..space]);
            if part.ends_with(b"\n") {
                self.show();
            }
        }
    }

    /// Shows the last line, which may lack its end.
    pub fn finish(&mut self) {
        if !self.line.is_empty() && self.left > 0 {
            self.show();
        }
    }

    fn show(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        say(&format!("{}{}", self.mark, line.trim_end_matches(['\n', '\r'])));
        self.left = self.left.saturating_sub(line.len() + 1);
        if self.left == 0 {
            say(&format!("{}… this run has printed more than 1 MiB, and no more is shown here", self.mark));
        }
    }
}

/// Says a line of the test, if anybody can be told. It cannot deceive a terminal.
pub fn say(line: &str) {
    let line = text::escaped(&line.replace('\t', "    ")) + "\n";
    let _ = std::io::stderr().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests;
