//! Where programs are looked for.

use std::env;
use std::ffi::OsString;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::Access;

/// The directories of the variable `PATH`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPath(OsString);

impl SearchPath {
    /// Takes the value of the variable.
    pub fn new(path: OsString) -> Self {
        Self(path)
    }

    /// Finds a program in one of these directories. Relative ones do not count: what is in the working directory may be
    /// anybody's.
    pub fn find(&self, name: &str) -> Option<Utf8PathBuf> {
        let directories = env::split_paths(&self.0).filter_map(|directory| Utf8PathBuf::from_path_buf(directory).ok());
        let mut programs =
            directories.filter(|directory| directory.is_absolute()).map(|directory| directory.join(name));
        programs.find_map(|program| find_executable(&program))
    }
}

/// The absolute path of a program, as it is started from another directory.
pub fn find_executable(program: &Utf8Path) -> Option<Utf8PathBuf> {
    rustix::fs::access(program.as_std_path(), Access::EXEC_OK).ok()?;
    camino::absolute_utf8(program).ok().filter(|program| program.is_file())
}
