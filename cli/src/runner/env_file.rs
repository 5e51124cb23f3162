//! A file of variables, opened and read: it may be somebody else's, and nothing is waited for that need not come.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::trust::{Links, Trust};

/// The longest; Linux hands no program as many variables.
const LONGEST: u64 = 4 << 20;

/// Reads it.
///
/// # Errors
/// What cannot be read, is too long, is a named pipe, or is reached through a link of another user.
pub fn read(file: &Utf8Path) -> Result<Vec<u8>> {
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
                format!(
                    "reading '{path}': it is a named pipe, which may never end; want a file, or <(command) in a shell"
                )
            );
        }
        assert!(format!("{:#}", read("/dev/zero".into()).unwrap_err()).ends_with("is longer than 4194304 bytes"));
        assert!(is_own("/dev/fd/7".into()) && is_own("/proc/self/fd/7".into()) && !is_own("/dev/fd/7/x".into()));
    }
}
