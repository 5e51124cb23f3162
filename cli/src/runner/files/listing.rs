//! What is in a directory.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

/// What each entry of a directory is. To read all of them takes a tenth of the time of looking for each by its name.
#[derive(Debug)]
pub struct Listing(HashMap<CString, FileType>);

impl Listing {
    /// Reads a directory, which may be open as a path only.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(directory: impl AsFd) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = openat(&directory, ".", flags, Mode::empty())?;
        let mut entries = HashMap::new();
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            let kind = match entry.file_type() {
                // Some file systems do not say (readdir(3)).
                FileType::Unknown => match statat(&opened, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                    // It went away.
                    Err(Errno::NOENT) => continue,
                    stat => FileType::from_raw_mode(stat?.st_mode),
                },
                kind => kind,
            };
            entries.insert(entry.file_name().to_owned(), kind);
        }
        Ok(Self(entries))
    }

    /// What an entry is, if it is there.
    pub fn kind_of(&self, name: &str) -> Option<FileType> {
        self.0.get(CString::new(name).ok()?.as_c_str()).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::CWD;

    use super::*;
    use crate::runner::files::open_directory;

    #[test]
    fn it_knows_what_each_entry_is() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("directory")).unwrap();
        fs::write(directory.path().join("file"), "").unwrap();
        symlink("nowhere", directory.path().join("link")).unwrap();
        let listing = Listing::read(open_directory(CWD, directory.path()).unwrap()).unwrap();
        let kinds = ["directory", "file", "link", "nothing", "a\0name"].map(|name| listing.kind_of(name));
        assert_eq!(
            kinds,
            [Some(FileType::Directory), Some(FileType::RegularFile), Some(FileType::Symlink), None, None]
        );
    }
}
