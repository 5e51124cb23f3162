//! What is in a directory.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

/// After so many names the directory is read as a whole.
const MANY: usize = 256;

/// How many entries are read for each name that was looked for. So what is read for nothing takes no longer than what was asked for.
const ENTRIES_FOR_NAME: usize = 16;

/// A directory in which names are looked for, perhaps thousands: to read all of them takes a fraction of the time of looking for each.
#[derive(Debug)]
pub struct Entries {
    directory: OwnedFd,
    count: usize,
    next_reading: usize,
    /// What each is, once they are read.
    kinds: Option<HashMap<CString, FileType>>,
}

impl Entries {
    /// Those of a directory, which may be open as a path only.
    pub fn new(directory: OwnedFd) -> Self {
        Self { directory, count: 0, next_reading: MANY, kinds: None }
    }

    /// What an entry is, if it is there.
    pub fn kind_of(&mut self, name: &str) -> Option<FileType> {
        self.count += 1;
        if self.kinds.is_none() && self.count == self.next_reading {
            self.kinds = self.read(self.count.saturating_mul(ENTRIES_FOR_NAME)).ok().flatten();
            self.next_reading = self.next_reading.saturating_mul(4);
        }
        match &self.kinds {
            Some(kinds) => kinds.get(CString::new(name).ok()?.as_c_str()).copied(),
            None => kind_at(&self.directory, name),
        }
    }

    /// Reads them, unless there are more than so many.
    fn read(&self, most: usize) -> Result<Option<HashMap<CString, FileType>>, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = openat(&self.directory, ".", flags, Mode::empty())?;
        let mut kinds = HashMap::new();
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            if kinds.len() == most {
                return Ok(None);
            }
            let kind = match entry.file_type() {
                // Some file systems do not say (readdir(3)).
                FileType::Unknown => match statat(&opened, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                    // It went away.
                    Err(Errno::NOENT) => continue,
                    stat => FileType::from_raw_mode(stat?.st_mode),
                },
                kind => kind,
            };
            kinds.insert(entry.file_name().to_owned(), kind);
        }
        Ok(Some(kinds))
    }
}

/// What an entry of a directory is, if it is there.
pub fn kind_at(directory: impl AsFd, name: &str) -> Option<FileType> {
    let found = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(found.st_mode))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::CWD;

    use super::*;
    use crate::runner::files::open_directory;

    const NAMES: [&str; 5] = ["directory", "file", "link", "nothing", "a\0name"];
    const KINDS: [Option<FileType>; 5] =
        [Some(FileType::Directory), Some(FileType::RegularFile), Some(FileType::Symlink), None, None];

    /// A directory with one of each kind, and with so many files more.
    fn directory(more: usize) -> (tempfile::TempDir, Entries) {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("directory")).unwrap();
        fs::write(directory.path().join("file"), "").unwrap();
        symlink("nowhere", directory.path().join("link")).unwrap();
        for number in 0..more {
            fs::write(directory.path().join(number.to_string()), "").unwrap();
        }
        let opened = open_directory(CWD, directory.path()).unwrap();
        (directory, Entries::new(opened))
    }

    #[test]
    fn few_and_many_names_are_found_alike() {
        let (_directory, mut entries) = directory(0);
        assert_eq!(NAMES.map(|name| entries.kind_of(name)), KINDS);
        (0..MANY).for_each(|_| assert_eq!(entries.kind_of("nothing"), None));
        assert!(entries.kinds.is_some());
        assert_eq!(NAMES.map(|name| entries.kind_of(name)), KINDS);
    }

    #[test]
    fn no_more_are_read_than_is_worth_it() {
        let (_directory, mut entries) = directory(MANY * ENTRIES_FOR_NAME);
        (0..2 * MANY).for_each(|_| assert_eq!(entries.kind_of("nothing"), None));
        assert!(entries.kinds.is_none());
        (0..4 * MANY).for_each(|_| assert_eq!(entries.kind_of("nothing"), None));
        assert!(entries.kinds.is_some());
        assert_eq!(NAMES.map(|name| entries.kind_of(name)), KINDS);
    }
}
