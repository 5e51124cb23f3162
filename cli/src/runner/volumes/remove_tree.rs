//! Removes a directory that a container has written to, so anything may be in it: trees of any depth, names of any bytes, links.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// Removes a directory of a directory, and follows no link. A tree takes few open files, however deep it is: what is in a directory
/// of it moves up first.
///
/// # Errors
/// What the kernel does not allow.
pub fn remove_tree(parent: BorrowedFd<'_>, name: &str) -> Result<(), Errno> {
    let top = open(parent, name)?;
    let mut moved = 0_u64;
    loop {
        let mut is_empty = true;
        for_each(&top, |name, kind| {
            is_empty = false;
            let removed = if kind == FileType::Directory { empty(&top, name, &mut moved) } else { remove(&top, name) };
            unless_missing(removed)
        })?;
        if is_empty {
            return unless_missing(rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR));
        }
    }
}

/// Removes a directory of `top`, of which what is not empty moves there.
fn empty(top: &OwnedFd, name: &CStr, moved: &mut u64) -> Result<(), Errno> {
    let directory = open(top, name)?;
    for_each(&directory, |inner, kind| {
        let removed = match kind {
            FileType::Directory => rustix::fs::unlinkat(&directory, inner, AtFlags::REMOVEDIR),
            _ => remove(&directory, inner),
        };
        unless_missing(match removed {
            Err(Errno::NOTEMPTY | Errno::EXIST) => move_up(&directory, inner, top, moved),
            removed => removed,
        })
    })?;
    rustix::fs::unlinkat(top, name, AtFlags::REMOVEDIR)
}

fn move_up(directory: &OwnedFd, name: &CStr, top: &OwnedFd, moved: &mut u64) -> Result<(), Errno> {
    loop {
        *moved += 1;
        let target = format!("{moved}");
        match rustix::fs::renameat_with(directory, name, top, target, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            done => return done,
        }
    }
}

fn remove(directory: &OwnedFd, name: &CStr) -> Result<(), Errno> {
    rustix::fs::unlinkat(directory, name, AtFlags::empty())
}

/// Another process may remove the same tree.
fn unless_missing(removed: Result<(), Errno>) -> Result<(), Errno> {
    if removed == Err(Errno::NOENT) { Ok(()) } else { removed }
}

fn open(parent: impl AsFd, name: impl rustix::path::Arg + Copy) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(&parent, name, flags, Mode::empty())
}

fn for_each(directory: &OwnedFd, mut act: impl FnMut(&CStr, FileType) -> Result<(), Errno>) -> Result<(), Errno> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if [c".", c".."].contains(&name) {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                FileType::from_raw_mode(rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode)
            }
            kind => kind,
        };
        act(name, kind)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_tree_of_any_depth_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let parent = fs::File::open(folder.path()).unwrap();
        fs::create_dir(folder.path().join("kept")).unwrap();
        fs::write(folder.path().join("kept/file"), "").unwrap();
        fs::create_dir(folder.path().join("tree")).unwrap();
        symlink("../kept", folder.path().join("tree/link")).unwrap();
        for name in ["1", "2"] {
            fs::create_dir_all(folder.path().join("tree/sub").join(name)).unwrap();
            fs::write(folder.path().join("tree").join(name), "a file with a name that is moved to").unwrap();
        }
        // Deeper than a process has open files, and longer than a path may be.
        let mut at: OwnedFd = open(&parent, "tree").unwrap();
        for _ in 0..5000 {
            rustix::fs::mkdirat(&at, "deep", Mode::RWXU).unwrap();
            rustix::fs::symlinkat("/", &at, "root").unwrap();
            at = open(&at, "deep").unwrap();
        }
        remove_tree(parent.as_fd(), "tree").unwrap();
        assert!(!folder.path().join("tree").exists());
        assert!(folder.path().join("kept/file").exists());
    }
}
