//! A file of variables, opened and read: it may be somebody else's, and nothing is waited for that need not come.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

/// The longest; Linux hands no program as many variables.
const LONGEST: u64 = 4 << 20;

/// Reads it.
///
/// # Errors
/// What cannot be read, is too long, or is a named pipe.
pub fn read(file: &Utf8Path) -> Result<Vec<u8>> {
    let reading = || format!("reading '{file}'");
    let opened = open(file).with_context(reading)?;
    let stat = rustix::fs::fstat(&opened).with_context(reading)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Fifo && !is_own(file) {
        bail!("'{file}' is a named pipe, which may never end; want a file, or <(command) in a shell");
    }
    let mut content = Vec::new();
    File::from(opened).take(LONGEST + 1).read_to_end(&mut content).with_context(reading)?;
    ensure!(content.len() as u64 <= LONGEST, "'{file}' is longer than {LONGEST} bytes");
    Ok(content)
}

fn open(file: &Utf8Path) -> Result<OwnedFd, Errno> {
    // To open a pipe would wait for whoever writes to it.
    let waits = if is_own(file) { OFlags::empty() } else { OFlags::NONBLOCK };
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC | waits;
    rustix::fs::openat(CWD, file.as_std_path(), flags, Mode::empty())
}

/// Whether it is what this process has open already, as from `<(command)`.
fn is_own(file: &Utf8Path) -> bool {
    file == "/dev/stdin"
        || ["/dev/fd", "/proc/self/fd"].iter().any(|directory| file.parent() == Some((*directory).into()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8PathBuf;

    use super::*;

    #[test]
    fn nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Utf8PathBuf::from_path_buf(folder.path().join(name)).unwrap();
        fs::write(at("file"), "A=1").unwrap();
        rustix::fs::mknodat(CWD, at("pipe").as_std_path(), FileType::Fifo, 0o600.into(), 0).unwrap();
        std::os::unix::fs::symlink("pipe", at("link")).unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"A=1");
        assert_eq!(read("/dev/null".into()).unwrap(), b"");
        for name in ["pipe", "link"] {
            let error = format!("{:#}", read(&at(name)).unwrap_err());
            let path = at(name);
            assert_eq!(
                error,
                format!("'{path}' is a named pipe, which may never end; want a file, or <(command) in a shell")
            );
        }
        assert!(format!("{:#}", read("/dev/zero".into()).unwrap_err()).ends_with("is longer than 4194304 bytes"));
        assert!(is_own("/dev/fd/7".into()) && is_own("/proc/self/fd/7".into()) && !is_own("/dev/fd/7/x".into()));
    }
}
