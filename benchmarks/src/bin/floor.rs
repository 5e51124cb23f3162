//! `floor OUT < PATHS` copies store paths into OUT with nothing but what a copy cannot do without: as many threads as
//! there are cores, and `copy_file_range`. It checks nothing, and of a file of several names it copies one.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::{Context, Result};
use rayon::prelude::*;
use rustix::fs::{self, CWD, Dir, FileType, Mode, OFlags};

type Inodes = Mutex<HashSet<u64>>;

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args_os().nth(1).context("want the folder to copy to")?);
    std::fs::create_dir_all(&out)?;
    let out = fs::open(&out, OFlags::DIRECTORY, Mode::empty())?;
    let paths: Vec<PathBuf> = std::io::stdin().lines().map(|line| Ok(line?.into())).collect::<Result<_>>()?;
    let seen = Inodes::default();
    paths.par_iter().try_for_each(|path| {
        let name = path.file_name().context("want store paths")?;
        fs::mkdirat(&out, name, Mode::RWXU)?;
        let from = fs::openat(CWD, path, OFlags::DIRECTORY, Mode::empty())?;
        copy(&from, &fs::openat(&out, name, OFlags::DIRECTORY, Mode::empty())?, &seen)
    })
}

fn copy(from: &OwnedFd, to: &OwnedFd, seen: &Inodes) -> Result<()> {
    let entries = Dir::read_from(from)?.collect::<Result<Vec<_>, _>>()?;
    entries.par_iter().try_for_each(|entry| {
        let name = entry.file_name();
        match entry.file_type() {
            _ if [&b"."[..], b".."].contains(&name.to_bytes()) => {}
            FileType::Directory => {
                fs::mkdirat(to, name, Mode::RWXU)?;
                let open = |parent| fs::openat(parent, name, OFlags::DIRECTORY, Mode::empty());
                copy(&open(from)?, &open(to)?, seen)?;
            }
            FileType::Symlink => fs::symlinkat(fs::readlinkat(from, name, Vec::new())?, to, name)?,
            _ => {
                let source = fs::openat(from, name, OFlags::RDONLY, Mode::empty())?;
                let stat = fs::fstat(&source)?;
                if stat.st_nlink == 1 || seen.lock().is_ok_and(|mut seen| seen.insert(stat.st_ino)) {
                    let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
                    let target = fs::openat(to, name, new, Mode::from_raw_mode(stat.st_mode))?;
                    let size = usize::try_from(stat.st_size)?;
                    let mut done = 0;
                    while done < size {
                        done += fs::copy_file_range(&source, None, &target, None, size - done)?;
                    }
                }
            }
        }
        Ok(())
    })
}
