//! A file of variables, opened and read: it may be somebody else's, and nothing is waited for that need not come.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::variable::{Lookup, Variable};
use crate::runner::files::{Links, Trust};

/// The longest; Linux hands no program as many variables.
const LONGEST: u64 = 4 << 20;

/// Reads it.
///
/// # Errors
/// What cannot be read, is too long, is a named pipe, or is reached through a link of another user.
pub fn read_env_file(file: &Utf8Path) -> Result<Vec<u8>> {
    let reading = || format!("reading '{file}'");
    let opened =
        if is_own(file) { File::open(file).with_context(reading)? } else { open(file).with_context(reading)? };
    let mut content = Vec::new();
    opened.take(LONGEST + 1).read_to_end(&mut content).with_context(reading)?;
    ensure!(content.len() as u64 <= LONGEST, "'{file}' is longer than {LONGEST} bytes");
    Ok(content)
}

fn open(file: &Utf8Path) -> Result<File> {
    let found = Trust::new(&[])?.open_source(CWD, file.as_std_path(), Links::All).map_err(plain)?;
    // What was found, and nothing else: a pipe would wait for whoever writes to it.
    if FileType::from_raw_mode(rustix::fs::fstat(&found)?.st_mode) == FileType::Fifo {
        bail!("it is a named pipe, which may never end; want a file, or <(command) in a shell");
    }
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", found.as_raw_fd());
    Ok(rustix::fs::openat(CWD, path.as_str(), flags, Mode::empty())?.into())
}

/// What the kernel says alone, where it is that: the whole path is in the message anyway.
fn plain(error: anyhow::Error) -> anyhow::Error {
    error.downcast_ref::<Errno>().copied().map_or(error, anyhow::Error::from)
}

/// Whether it is what this process has open already, as from `<(command)`.
fn is_own(file: &Utf8Path) -> bool {
    file == "/dev/stdin"
        || ["/dev/fd", "/proc/self/fd"].iter().any(|directory| file.parent() == Some((*directory).into()))
}

/// The variables of a file as Docker reads it: `NAME=value` to the end of the line, `NAME` for the caller's value, which is
/// left as it is if there is none, lines that are empty, and comments that start with `#`.
///
/// # Errors
/// The line that is none of these.
pub fn parse_env_file(file: &Utf8Path, content: &[u8], caller: Lookup<'_>) -> Result<Vec<Variable>, String> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut variables = Vec::new();
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let wrong = |problem: &str| format!("{file}:{}: {problem}", number + 1);
        let line = std::str::from_utf8(line).map_err(|_| wrong("found a line that is not UTF-8"))?;
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let variable: Variable = line.parse().map_err(|_| wrong("found no name before the '=', want NAME=VALUE"))?;
        if variable.name.contains(char::is_whitespace) {
            return Err(wrong(&format!("found the name '{}', want one without spaces", variable.name)));
        }
        if line.contains('\0') {
            return Err(wrong("found a NUL character, which no variable can hold"));
        }
        let variable = variable.resolve(caller).map_err(|problem| wrong(&problem))?;
        if variable.value.is_some() {
            variables.push(variable);
        }
    }
    Ok(variables)
}

#[cfg(test)]
mod tests;
