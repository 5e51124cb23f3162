//! The directory of `--state`, in which a writable container keeps what it writes.
//!
//! What a container of root leaves there may be set-user-id or secret, and what somebody else put there would become part of the
//! container. So the directory belongs to the caller, and nobody else may enter it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat, flock};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::trust::{self, Identity, Trust};

/// More than what this program writes into `lock`.
const LONGEST_LOCK: u64 = 64;

/// The directory, which is this process's for as long as its lock is open.
#[derive(Debug)]
pub struct StateDir {
    /// Its real path.
    pub path: Utf8PathBuf,
    /// Which directory it is.
    pub identity: Identity,
    /// The file that is locked. The runtime that this process becomes keeps it open.
    pub lock: OwnedFd,
}

impl StateDir {
    /// Opens the directory, or makes it, and takes it.
    ///
    /// `kept` is the directory in which nothing may be changed.
    ///
    /// # Errors
    /// A directory that is in there, or is not the caller's alone, or is something else, or that another container uses.
    pub fn take(given: &Utf8Path, kept: &Utf8Path, is_root: bool) -> Result<Self> {
        Self::take_directory(given, kept, is_root).with_context(|| format!("--state '{given}'"))
    }

    fn take_directory(given: &Utf8Path, kept: &Utf8Path, is_root: bool) -> Result<Self> {
        let Some(name) = given.file_name() else { bail!("names no directory of its own; want one, such as ./state") };
        let parent = given.parent().filter(|parent| *parent != "").unwrap_or(Utf8Path::new("."));
        let parent = Trust::new(&[])?.open(parent.as_std_path())?;
        let path = trust::real_path(&parent)?.join(name);
        ensure!(!path.starts_with(kept), "is in '{kept}', which stays as it is; choose a directory outside");

        let is_new = match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o700)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error).with_context(|| format!("making the directory '{path}'")),
        };
        let directory = open_directory(&parent, name)?;
        let stat = rustix::fs::fstat(&directory).context("looking at it")?;
        ensure_own(&stat, given)?;
        let is_empty = is_empty(&directory)?;
        ensure!(
            is_empty || find_entry(&directory, "lock")?.is_some(),
            "is neither empty nor what a container has left; choose another directory"
        );
        for layer in ["upper", "work"] {
            let is_directory = |entry: Stat| FileType::from_raw_mode(entry.st_mode) == FileType::Directory;
            let is_right = find_entry(&directory, layer)?.is_none_or(is_directory);
            ensure!(is_right, "'{layer}' in it is not a directory; remove it, or choose another directory");
        }
        let lock = lock(&directory, is_root, is_empty)?;
        // An older version made it for everybody to read. What is something else is known by now.
        if is_new || stat.st_mode & 0o7777 != 0o700 {
            rustix::fs::fchmod(&directory, Mode::from_raw_mode(0o700)).context("closing it to others")?;
        }
        Ok(Self { path, identity: Identity::new(&directory).context("looking at it")?, lock })
    }
}

/// Opens the directory itself, for its entries.
fn open_directory(parent: impl AsFd, name: &str) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(&parent, name, flags, Mode::empty()) {
        Err(Errno::NOTDIR | Errno::LOOP) => {
            match find_entry(&parent, name)?.map(|it| FileType::from_raw_mode(it.st_mode)) {
                Some(FileType::Symlink) => bail!("found a link, want the directory itself"),
                _ => bail!("found a file, want a directory"),
            }
        }
        opened => opened.context("opening it"),
    }
}

fn ensure_own(stat: &Stat, given: &Utf8Path) -> Result<()> {
    let (owner, caller) = (stat.st_uid, geteuid().as_raw());
    ensure!(owner == caller, "belongs to user {owner}, want a directory of user {caller}, who runs the container");
    let mode = stat.st_mode & 0o7777;
    ensure!(
        mode & 0o022 == 0,
        "others may write to it (mode {mode:04o}), so what is in it may be theirs; look through it, then say \
         'chmod 700 {given}', or choose another directory"
    );
    Ok(())
}

/// Whether there is nothing in it, but for a lock that was made before a run ended.
fn is_empty(directory: &OwnedFd) -> Result<bool> {
    for entry in Dir::read_from(directory).context("listing it")? {
        let entry = entry.context("listing it")?;
        if ![c".", c"..", c"lock"].contains(&entry.file_name()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn find_entry(directory: impl AsFd, name: &str) -> Result<Option<Stat>> {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("looking at '{name}' in it")),
    }
}

/// Locks the file `lock`, which says what kind of user has written there; nobody has yet if it `is_new`.
fn lock(directory: &OwnedFd, is_root: bool, is_new: bool) -> Result<OwnedFd> {
    // A pipe would wait for somebody else.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(directory, "lock", flags, Mode::from_raw_mode(0o600));
    let lock = opened.context("opening 'lock' in it")?;
    let stat = rustix::fs::fstat(&lock).context("looking at 'lock' in it")?;
    let is_small = u64::try_from(stat.st_size).is_ok_and(|size| size <= LONGEST_LOCK);
    let is_right = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink == 1 && is_small;
    ensure!(is_right, "'lock' in it is not the small file that this program makes; choose another directory");
    let mut lock = File::from(lock);
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => bail!("another container is using it; wait for its end, or choose another directory"),
        locked => locked.context("locking it")?,
    }
    // What an overlay notes of removed directories has another name for each, so one does not see what the other removed.
    let kind = if is_root { "root" } else { "an ordinary user" };
    let mut before = String::new();
    (&lock).take(LONGEST_LOCK).read_to_string(&mut before).context("reading 'lock' in it")?;
    if before.is_empty() && is_new {
        lock.write_all(kind.as_bytes()).context("writing 'lock' in it")?;
    } else {
        let kinds = ["root", "an ordinary user"];
        ensure!(
            kinds.contains(&before.as_str()),
            "'lock' in it is not the small file that this program makes; choose another directory"
        );
        ensure!(before == kind, "it has what a container of {before} has written, and this is one of {kind}");
    }
    Ok(lock.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::CWD;

    use super::*;

    fn take(given: &Utf8Path) -> Result<StateDir, String> {
        StateDir::take(given, Utf8Path::new("/nix/store"), true).map_err(|error| format!("{error:#}"))
    }

    fn mode(path: &Utf8Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(path: &Utf8Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn it_is_the_callers_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        let state = path.join("state");
        drop(take(&state).unwrap());
        assert_eq!((mode(&state), mode(&state.join("lock"))), (0o700, 0o600));
        // As an older version made it, or an empty directory of the caller's.
        set_mode(&state, 0o755);
        drop(take(&state).unwrap());
        assert_eq!(mode(&state), 0o700);
        let empty = path.join("empty");
        fs::create_dir(&empty).unwrap();
        drop(take(&empty).unwrap());
        assert_eq!(mode(&empty), 0o700);
        // What others could write to may have something of theirs in it.
        set_mode(&state, 0o777);
        let problem = take(&state).unwrap_err();
        assert!(problem.contains("others may write to it (mode 0777)") && problem.contains("chmod 700"), "{problem}");
        assert_eq!(mode(&state), 0o777);
    }

    #[test]
    fn what_is_something_else_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap();
        let other = path.join("other");
        fs::create_dir_all(other.join("documents")).unwrap();
        set_mode(&other, 0o755);
        symlink("other", path.join("link")).unwrap();
        fs::write(path.join("file"), "").unwrap();
        for (name, problem) in [
            ("other", "is neither empty nor what a container has left"),
            ("link", "found a link, want the directory itself"),
            ("file", "found a file, want a directory"),
            ("other/..", "names no directory of its own"),
            ("other/documents/../../nothing/state", "No such file or directory"),
        ] {
            let error = take(&path.join(name)).unwrap_err();
            assert!(error.contains(problem), "{name}: {error}");
        }
        assert_eq!(mode(&other), 0o755);
        // A lock of another program.
        for text in ["", "1234\n"] {
            fs::write(other.join("lock"), text).unwrap();
            let error = take(&other).unwrap_err();
            assert!(error.contains("'lock' in it is not the small file"), "{error}");
            assert_eq!((mode(&other), fs::read_to_string(other.join("lock")).unwrap().as_str()), (0o755, text));
        }
    }

    type Make<'m> = &'m dyn Fn(&Utf8Path);

    #[test]
    fn what_is_in_it_is_what_this_program_makes() {
        let pipe = |path: &Utf8Path| {
            rustix::fs::mknodat(CWD, path.as_std_path(), FileType::Fifo, 0o600.into(), 0).unwrap();
        };
        let link = |path: &Utf8Path| symlink("/etc", path).unwrap();
        let large = |path: &Utf8Path| fs::File::create(path).unwrap().set_len(8 << 30).unwrap();
        let hard = |path: &Utf8Path| {
            fs::write(path.with_file_name("other"), "root").unwrap();
            fs::hard_link(path.with_file_name("other"), path).unwrap();
        };
        let makers: [(&str, Make<'_>); 6] =
            [("lock", &pipe), ("lock", &link), ("lock", &large), ("lock", &hard), ("upper", &link), ("work", &pipe)];
        for (name, make) in makers {
            let folder = tempfile::tempdir().unwrap();
            let state = Utf8Path::from_path(folder.path()).unwrap().join("state");
            drop(take(&state).unwrap());
            let _ = fs::remove_file(state.join(name));
            make(&state.join(name));
            if name != "lock" {
                fs::write(state.join("lock"), "root").unwrap();
            }
            let error = take(&state).unwrap_err();
            assert!(error.contains(&format!("'{name}' in it")), "{name}: {error}");
        }
    }
}
