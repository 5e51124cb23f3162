//! Store paths that are hard to look through.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::Result;

/// How many links a path may lead through is 40 (`path_resolution(7)`); that many are in a chain.
const CHAIN: usize = 39;

/// A directory with empty programs of these names.
pub fn files_in(directory: &Path, names: &[String]) -> Result<()> {
    fs::create_dir_all(directory)?;
    for name in names {
        fs::write(directory.join(name), "")?;
    }
    Ok(())
}

/// So many directories in each other, and in each of them a file.
pub fn chain_of_directories(path: &Path, count: usize, file: &str) -> Result<()> {
    let mut level = path.to_owned();
    for _ in 0..count {
        level.push("d");
    }
    fs::create_dir_all(&level)?;
    for level in level.ancestors().take(count) {
        fs::write(level.join(file), "")?;
    }
    Ok(())
}

/// So many directories, and in another directory a link to each.
pub fn links_beside(path: &Path, count: usize) -> Result<()> {
    fs::create_dir_all(path.join("links"))?;
    for number in 0..count {
        fs::create_dir_all(path.join(format!("data/d{number}/old")))?;
        symlink(format!("../data/d{number}"), path.join(format!("links/l{number}")))?;
    }
    Ok(())
}

/// So many links, each by many steps to the one before, but for the first of each chain.
pub fn chains_of_links(path: &Path, count: usize) -> Result<()> {
    fs::create_dir_all(path.join("a/b"))?;
    let steps = "a/../".repeat(810);
    for number in 0..count {
        let before = if number % CHAIN == 0 { "a/b".to_owned() } else { format!("l{}", number - 1) };
        symlink(format!("{steps}{before}"), path.join(format!("l{number}")))?;
    }
    Ok(())
}

/// A program of 5 MiB whose headers ask for so many interpreters, each with a path of 4 MiB (elf(5)).
pub fn interpreters(path: &Path, count: usize) -> Result<()> {
    let mut file = vec![0; 64];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16] = 3; // e_type: ET_DYN
    file[18] = if cfg!(target_arch = "aarch64") { 183 } else { 62 }; // e_machine
    file[20] = 1; // e_version
    file[32] = 64; // e_phoff
    file[52] = 64; // e_ehsize
    file[54] = 56; // e_phentsize
    file[56..58].copy_from_slice(&u16::try_from(count)?.to_le_bytes()); // e_phnum
    for number in 0..count as u64 {
        let mut header = [0; 56];
        header[0] = 3; // p_type: PT_INTERP
        header[8..16].copy_from_slice(&(100_000 + number).to_le_bytes()); // p_offset
        header[32..40].copy_from_slice(&(4_u64 << 20).to_le_bytes()); // p_filesz
        file.extend(header);
    }
    file.resize(5 << 20, b'x');
    fs::write(path, file)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
