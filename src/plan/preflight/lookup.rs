//! Where a program is, as a runtime and Linux look for it.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::plan::definition::container_path;
use crate::plan::diagnostics::{nearest, quoted};
use crate::plan::resolve::File;
use crate::plan::resolve::{Entry, Lookup};
use crate::plan::rootfs::mounted_tree::MountedTree;

/// A container's file system, with the directory and the PATH that programs are looked for from.
pub struct Search<'v> {
    view: &'v MountedTree<'v>,
    cwd: &'v Path,
    path: Option<&'v str>,
}

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The program that was looked for.
    pub program: String,
    /// What is the matter with it, in words that follow its name.
    pub is: String,
    /// What to try, if there is something better than the usual.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", quoted(&self.program), self.is)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => f.write_str("; write the path of a program in the store, such as \"${pkgs.hello}/bin/hello\""),
        }
    }
}

impl<'v> Search<'v> {
    /// The search of a `process` of config.json.
    pub fn new(process: &'v Value, view: &'v MountedTree<'v>) -> Self {
        let environment = process["env"].as_array().map_or(&[][..], Vec::as_slice);
        let path = environment.iter().find_map(|variable| variable.as_str()?.strip_prefix("PATH="));
        Self { view, cwd: Path::new(process["cwd"].as_str().unwrap_or("/")), path }
    }

    /// The real place of a program: of a path, or of a name in PATH.
    ///
    /// # Errors
    /// Why it cannot be run.
    pub fn find(&self, program: &str) -> Result<PathBuf, Problem> {
        if program.contains('/') {
            return self.find_file(program);
        }
        if let Some(problem) = too_long(program) {
            return Err(problem);
        }
        // What is there more than once is looked at once.
        let mut known = HashSet::new();
        let directories = self.path.unwrap_or("").split(':').filter(|path| path.starts_with('/'));
        let directories: Vec<_> = directories.filter(|directory| known.insert(*directory)).collect();
        let mut first_problem = None;
        for directory in &directories {
            match self.find_file(&format!("{directory}/{program}")) {
                Ok(place) => return Ok(place),
                // A runtime goes on as well; but what is not there at all says less than what is there and will not do.
                Err(problem) if !self.is_nowhere(&problem.program) => first_problem = first_problem.or(Some(problem)),
                Err(_) => {}
            }
        }
        Err(first_problem.unwrap_or_else(|| self.in_no_directory(program, &directories)))
    }

    /// The real place of the executable file that `path` leads to, from the working directory.
    ///
    /// # Errors
    /// Why it cannot be run.
    pub fn find_file(&self, path: &str) -> Result<PathBuf, Problem> {
        if let Some(problem) = too_long(path) {
            return Err(problem);
        }
        let problem = |is: String, hint: Option<String>| Err(Problem { program: path.to_owned(), is, hint });
        let resolved = match self.view.resolve(&self.cwd.join(path)) {
            Ok(resolved) => resolved,
            Err(error) => return problem(format!("cannot be reached: {error:#}"), None),
        };
        match resolved.entry {
            Entry::File(file) if file.executable => Ok(resolved.place),
            Entry::File(_) => problem(
                "is not executable".to_owned(),
                Some(
                    "set its executable bit; pkgs.writeScript and pkgs.writeShellScript make an \
                     executable file from a text"
                        .to_owned(),
                ),
            ),
            Entry::Directory => problem("is a directory, not a program".to_owned(), self.program_in(&resolved.place)),
            Entry::Unknown(mount) => problem(
                format!("comes through mounts.{}, which the build cannot see", quoted(&mount.to_string())),
                Some("set checkProgram = false if the program will be there when the container starts".to_owned()),
            ),
            Entry::Nothing | Entry::Link(_) => match self.hidden_by(path) {
                Some(mount) => problem(
                    format!("is hidden by mounts.{}", quoted(&mount)),
                    Some(
                        "choose another destination, or set checkProgram = false if it has the program too".to_owned(),
                    ),
                ),
                None if self.is_link(path) => problem(
                    format!(
                        "is a link to {}, which is not in the container",
                        quoted(&resolved.place.to_string_lossy())
                    ),
                    Some("add that to the container too".to_owned()),
                ),
                None => problem("is not in the container".to_owned(), self.nearest_to(&self.cwd.join(path))),
            },
        }
    }

    /// The file at a real place.
    ///
    /// # Errors
    /// There is none.
    pub fn file_at(&self, place: &Path) -> Result<File> {
        match self.view.lstat(place)? {
            Entry::File(file) => Ok(file),
            _ => bail!("'{}' is not a file", place.display()),
        }
    }

    /// Whether the last name of `path` is a link.
    fn is_link(&self, path: &str) -> bool {
        let path = self.cwd.join(path);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
        let Ok(parent) = self.view.resolve(parent) else { return false };
        matches!(self.view.lstat(&parent.place.join(name)), Ok(Entry::Link(_)))
    }

    fn is_nowhere(&self, path: &str) -> bool {
        matches!(self.view.resolve(Path::new(path)), Ok(resolved) if resolved.entry == Entry::Nothing)
            && self.hidden_by(path).is_none()
    }

    /// The mount that hides a file which the root filesystem has at `path`.
    fn hidden_by(&self, path: &str) -> Option<String> {
        let beneath = self.view.beneath_mounts(&self.cwd.join(path)).ok()?;
        let mount = self.view.mount_at(&beneath.place)?;
        matches!(beneath.entry, Entry::File(_)).then(|| mount.to_string())
    }

    fn in_no_directory(&self, program: &str, directories: &[&str]) -> Problem {
        // Several of the directories may be one, by links.
        let places: BTreeSet<_> = directories.iter().filter_map(|directory| self.place_of(directory)).collect();
        let names: Vec<_> = places.iter().flat_map(|place| self.view.list(place).unwrap_or_default()).collect();
        let near = nearest(program, &names.iter().map(String::as_str).collect::<Vec<_>>());
        let is = match self.path {
            Some(path) => format!("is in no directory of PATH, {}", quoted(path)),
            None => "is a name without a path, and there is no PATH in 'env'".to_owned(),
        };
        let hint = match near {
            Some(near) => format!("did you mean {}?", quoted(near)),
            None => format!("add its package to 'contents', or write its path, such as \"${{package}}/bin/{program}\""),
        };
        Problem { program: program.to_owned(), is, hint: Some(hint) }
    }

    /// What could be meant by a path that leads nowhere.
    fn nearest_to(&self, path: &Path) -> Option<String> {
        // Where a directory is, those above it are, too: the nearest one that is there is found in few steps.
        let ancestors: Vec<_> = path.ancestors().skip(1).collect();
        let there = *ancestors.get(ancestors.partition_point(|ancestor| !self.is_directory(ancestor)))?;
        let missing = path.strip_prefix(there).ok()?;
        let mut names = missing.components();
        let first = names.next()?.as_os_str().to_str()?;
        let rest = names.as_path();
        let known = self.names_in(there);
        let near = nearest(first, &known.iter().map(String::as_str).collect::<Vec<_>>());
        let guesses =
            [near.map(|near| there.join(near).join(rest)), path.file_name().map(|name| there.join("bin").join(name))];
        let hit =
            guesses.into_iter().flatten().map(|guess| guess.components().collect::<PathBuf>()).find(
                |guess| matches!(self.view.resolve(guess), Ok(resolved) if matches!(resolved.entry, Entry::File(_))),
            );
        match hit {
            Some(hit) => Some(format!("did you mean {}?", quoted(&hit.to_string_lossy()))),
            None if rest.as_os_str().is_empty() && there != Path::new("/") => listed(there, &known),
            None => None,
        }
    }

    /// The program that could be meant by a package's directory.
    fn program_in(&self, place: &Path) -> Option<String> {
        let names = self.names_in(&place.join("bin"));
        let package = place.file_name()?.to_str()?.split_once('-').map_or("", |(_, name)| name);
        let meant = match names.as_slice() {
            [only] => only,
            names => names.iter().filter(|name| package.starts_with(name.as_str())).max_by_key(|name| name.len())?,
        };
        Some(format!("did you mean {}?", quoted(&place.join("bin").join(meant).to_string_lossy())))
    }

    fn is_directory(&self, path: &Path) -> bool {
        matches!(self.view.resolve(path), Ok(resolved) if resolved.entry == Entry::Directory)
    }

    fn place_of(&self, path: &str) -> Option<PathBuf> {
        Some(self.view.resolve(Path::new(path)).ok()?.place)
    }

    fn names_in(&self, path: &Path) -> Vec<String> {
        let Ok(resolved) = self.view.resolve(path) else { return Vec::new() };
        self.view.list(&resolved.place).unwrap_or_default()
    }
}

/// What is the matter with a program whose path or name is longer than Linux takes.
fn too_long(program: &str) -> Option<Problem> {
    const SHOWN: usize = 60;
    let longest_name = program.split('/').map(str::len).max().unwrap_or(0);
    let (is, most) = match program.len() {
        length if length > container_path::LONGEST => (format!("is a path of {length} bytes"), container_path::LONGEST),
        _ if longest_name > container_path::LONGEST_NAME => {
            (format!("has a name of {longest_name} bytes"), container_path::LONGEST_NAME)
        }
        _ => return None,
    };
    let start: String = program.chars().take(SHOWN).collect();
    Some(Problem { program: format!("{start}…"), is: format!("{is}, but Linux takes up to {most}"), hint: None })
}

/// A few of the names that a directory has.
fn listed(directory: &Path, names: &[String]) -> Option<String> {
    const MOST: usize = 8;
    let more = if names.len() > MOST { ", …" } else { "" };
    let first: Vec<_> = names.iter().take(MOST).map(String::as_str).collect();
    let directory = quoted(&directory.to_string_lossy());
    (!names.is_empty()).then(|| format!("{directory} has {}{more}", first.join(", ")))
}
