//! What a container prints, as much of it as is worth keeping.

use std::io::Read;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

/// How much of an output is kept. What comes after that is read and dropped, so that the program goes on.
const MOST: usize = 8 << 20;

/// How much of the end of a larger output is kept as well, to be shown.
const END: usize = 64 << 10;

/// How many lines of an output a failure shows.
const LINES_SHOWN: usize = 50;

/// An output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// Its start.
    pub bytes: Vec<u8>,
    /// How many bytes there were in all.
    pub total: u64,
    /// Its end, if it has more than the start.
    end: Vec<u8>,
}

impl Captured {
    fn read(mut stream: impl Read) -> Self {
        let mut captured = Self::default();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return captured,
                Ok(count) => {
                    captured.total += count as u64;
                    let space = MOST.saturating_sub(captured.bytes.len()).min(count);
                    captured.bytes.extend_from_slice(&buffer[..space]);
                    captured.end.extend_from_slice(&buffer[space..count]);
                    // Seldom, so that each byte is moved a few times at most.
                    if captured.end.len() > 4 * END {
                        captured.end.drain(..captured.end.len() - END);
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return captured,
            }
        }
    }

    /// Whether there is more than was kept.
    pub fn is_cut(&self) -> bool {
        self.total > self.bytes.len() as u64
    }

    /// The last lines, and a line before them about what is not shown.
    pub fn last_lines(&self) -> Vec<String> {
        let last = if self.is_cut() { &self.end } else { &self.bytes };
        let text = String::from_utf8_lossy(last);
        let lines: Vec<_> = text.lines().collect();
        let first = lines.len().saturating_sub(LINES_SHOWN);
        let mut shown = Vec::new();
        if self.is_cut() {
            shown.push(format!("… the end of {} bytes, of which the first {MOST} were compared", self.total));
        } else if first > 0 {
            shown.push(format!("… {first} lines before"));
        }
        shown.extend(lines[first..].iter().map(|line| (*line).to_owned()));
        shown
    }
}

/// Reads two outputs at once.
pub struct Capture {
    outputs: Receiver<(usize, Captured)>,
    captured: [Option<Captured>; 2],
}

impl Capture {
    /// Begins to read.
    pub fn start(first: impl Read + Send + 'static, second: impl Read + Send + 'static) -> Self {
        let (sender, outputs) = channel();
        read_in_thread(0, first, sender.clone());
        read_in_thread(1, second, sender);
        Self { outputs, captured: [None, None] }
    }

    /// Waits until both outputs are at their end, but not longer than until then. Says whether they are.
    pub fn wait(&mut self, deadline: Instant) -> bool {
        while self.captured.iter().any(Option::is_none) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((number, captured)) = self.outputs.recv_timeout(left) else { return false };
            self.captured[number] = Some(captured);
        }
        true
    }

    /// Both outputs. Whoever writes to them has ended.
    pub fn finish(mut self) -> [Captured; 2] {
        while self.captured.iter().any(Option::is_none) {
            let Ok((number, captured)) = self.outputs.recv() else { break };
            self.captured[number] = Some(captured);
        }
        self.captured.map(Option::unwrap_or_default)
    }
}

fn read_in_thread(number: usize, stream: impl Read + Send + 'static, sender: Sender<(usize, Captured)>) {
    // Nobody waits for it any more if the other end is gone.
    thread::spawn(move || sender.send((number, Captured::read(stream))));
}

#[cfg(test)]
mod tests;
