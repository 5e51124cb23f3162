//! Removes what is there of a bundle that failed: all that can be, as the error that led here says more than one about the
//! clean-up would.

use std::ffi::CString;
use std::fs;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags};
use rustix::io::Result;

/// Removes the directory and all that is in it.
pub fn all(out: &Path) {
    // That has each level of a tree open at once, which may be too many.
    if fs::remove_dir_all(out).is_err() && flattened(out).is_ok() {
        let _ = fs::remove_dir(out);
    }
}

/// Removes what is in a directory, however deep it is: a directory in it gives its own ones to the top before it goes, so
/// that few are open, and no path is longer than Linux takes. At the top are only names of the bundle.
fn flattened(out: &Path) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let top = rustix::fs::openat(CWD, out, flags, Mode::empty())?;
    let mut waiting = vec![CString::from(c".")];
    let mut count = 0_u64;
    while let Some(name) = waiting.pop() {
        let directory = rustix::fs::openat(&top, &name, flags, Mode::empty())?;
        let names = Dir::read_from(&directory)?.map(|entry| Ok(entry?.file_name().to_owned()));
        for inner in names.collect::<Result<Vec<_>>>()? {
            if matches!(inner.to_bytes(), b"." | b"..") {
                continue;
            }
            if rustix::fs::unlinkat(&directory, &inner, AtFlags::empty()).is_err() {
                count += 1;
                let new = CString::new(format!("removed-{count}")).unwrap_or_default();
                rustix::fs::renameat(&directory, &inner, &top, &new)?;
                waiting.push(new);
            }
        }
        if name.as_bytes() != b"." {
            rustix::fs::unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
