//! A terminal at which a test types.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// How long a test waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Terminal {
    user: File,
    shown: Receiver<Vec<u8>>,
    seen: String,
    /// All that was shown, for the message of a failure.
    transcript: String,
    child: Child,
}

impl Terminal {
    /// Starts a program in a session of its own, whose terminal it is.
    pub fn start(program: &Command) -> Self {
        Self::start_with_size(program, 24, 80)
    }

    /// The same at a terminal of this size. A shell that sees it change may show its prompt twice.
    pub fn start_with_size(program: &Command, rows: u16, columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let user = openpt(flags).unwrap();
        grantpt(&user).unwrap();
        unlockpt(&user).unwrap();
        resize(&user, rows, columns);
        let end = || Stdio::from(ioctl_tiocgptpeer(&user, flags).unwrap());
        let mut command = Command::new("setsid");
        // What starts the tests may ignore signals, which a shell would hand on.
        command
            .args(["--ctty", "--wait", "env", "--default-signal"])
            .arg(program.get_program())
            .args(program.get_args());
        for (name, value) in program.get_envs() {
            command.env(name, value.unwrap());
        }
        if let Some(folder) = program.get_current_dir() {
            command.current_dir(folder);
        }
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        // It held the other end open, which would never be closed then.
        drop(command);
        let shown = read(user.try_clone().unwrap());
        Self { user: File::from(user), shown, seen: String::new(), transcript: String::new(), child }
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        resize(&self.user, rows, columns);
    }

    pub fn types(&mut self, text: &str) {
        self.user.write_all(text.as_bytes()).unwrap();
    }

    /// Whether it shows what is typed, as it does until a program handles that itself.
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.user).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for a text, behind the one that was waited for last. Gives what came before it.
    pub fn wait_for(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some((before, after)) = self.seen.split_once(text) {
                let before = before.to_owned();
                self.seen = after.to_owned();
                return before;
            }
            match self.shown.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes);
                    self.seen += &text;
                    self.transcript += &text;
                }
                Err(error) => panic!("waiting for '{text}': {error} behind '{}' in\n{}", self.seen, self.transcript),
            }
        }
    }

    /// Waits for the end of the program.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nothing is asserted: it has ended, or the test has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(user: impl AsFd, rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(user, size).unwrap();
}

/// Everything that is shown, until nobody has the other end.
fn read(user: OwnedFd) -> Receiver<Vec<u8>> {
    let (sender, shown) = channel();
    thread::spawn(move || {
        let mut user = File::from(user);
        let mut buffer = [0; 4096];
        loop {
            match user.read(&mut buffer) {
                Ok(length) if sender.send(buffer[..length].to_vec()).is_ok() => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What Linux says then is EIO.
                Ok(_) | Err(_) => break,
            }
        }
    });
    shown
}
