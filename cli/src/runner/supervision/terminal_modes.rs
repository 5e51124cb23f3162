//! The modes of a terminal, such as whether it echoes.
//!
//! A runtime changes those of its caller's terminal and sets them back at its end. One that is killed does not, and neither does crun
//! 1.8.1 now and then; a shell that goes on at such a terminal does not show what is typed.

use std::io::stdin;

use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// The modes that standard input had.
#[derive(Debug)]
pub struct TerminalModes(Termios);

impl TerminalModes {
    /// Those of standard input, if that is a terminal.
    pub fn save() -> Option<Self> {
        tcgetattr(stdin()).ok().map(Self)
    }

    /// Sets them again, unless the terminal is another job's by now.
    pub fn restore(&self) {
        if tcgetpgrp(stdin()) == Ok(getpgrp()) {
            // There is nobody to tell: the terminal is gone, or as it was.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
        }
    }
}
