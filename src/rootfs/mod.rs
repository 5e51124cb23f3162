//! The container's root filesystem (OCI runtime spec, config.md, "Root"): what goes into it, and what a program sees.
//!
//! Planning reads the closure, and nothing else; nothing is written before everything is planned.

mod base_files;
mod contents;
mod devices;
mod mount_points;
mod opening;
pub mod originals;
mod path_map;
pub mod resolve;
mod steps;
pub mod tree;
pub mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use self::mount_points::MountPoints;
use self::path_map::PathMap;
use self::resolve::{Look, Seen};
use self::tree::{Content, Node, Tree};
use crate::config;
use crate::container::Container;
use crate::container::files::File;
use crate::container::mount::{Destination, Mount, MountPoint};
use crate::container::user::User;
use crate::field::{AttrPath, Mistake, quoted};
use crate::nix::closure::Closure;
use crate::path::ContainerPath;

/// Directories that every runtime expects, whatever is mounted.
const BASE_DIRECTORIES: [&str; 4] = ["/dev", "/proc", "/sys", "/tmp"];

/// What config.json says that the root filesystem has to agree with.
#[derive(Clone, Debug)]
pub struct Facts<'d> {
    /// Who the process runs as.
    pub user: User,
    /// Where the process starts.
    pub cwd: ContainerPath,
    /// The host's name.
    pub hostname: Option<&'d str>,
    /// What is mounted.
    pub mounts: &'d BTreeMap<Destination, Mount>,
    /// The devices that are asked for, each with its attribute; `None` where the runtime makes none, as there is no mount
    /// namespace to make them in.
    pub devices: Option<Vec<(AttrPath, ContainerPath)>>,
}

impl<'d> Facts<'d> {
    /// What the document says.
    ///
    /// # Errors
    /// A [`Mistake`] in it.
    pub fn of(
        container: &Container,
        document: &'d Value,
        mounts: &'d BTreeMap<Destination, Mount>,
    ) -> Result<Self, Mistake> {
        // What does not fit into a line of hosts(5) would make others of it.
        let fits = |name: &&str| !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#');
        Ok(Self {
            user: container.user.patched(&container.config),
            cwd: config::cwd(document)?,
            hostname: document["hostname"].as_str().filter(fits),
            mounts,
            devices: config::devices(document)?,
        })
    }
}

/// Plans the root filesystem, and finds the real places of the mounts in it.
///
/// In the order of precedence there are the files that the user asks for, the contents, the base files; then a place for
/// the process to start and one for every mount, but those below another mount: they appear in what is mounted there.
///
/// # Errors
/// A [`Mistake`] in the arguments, or a store path that cannot be read.
pub fn plan<'c>(
    container: &Container,
    closure: &'c Closure,
    facts: &Facts<'_>,
) -> Result<(Tree<'c>, BTreeMap<PathBuf, Destination>)> {
    let mut tree = Tree::of(closure, container.store)?;
    for directory in BASE_DIRECTORIES {
        tree.make_directory(Path::new(directory))?;
    }
    contents::add(&mut tree, &container.contents)?;
    add_files(&mut tree, container)?;
    // What is mounted, as it is written.
    let mounted: PathMap<_> =
        facts.mounts.iter().map(|(destination, mount)| (path_of(destination), (destination, mount))).collect();
    if container.base_files {
        for (path, node) in base_files::of(&facts.user, facts.hostname) {
            if !container.files.contains_key(&path) && !is_mounted(&path, &mounted, closure) {
                add_base_file(&mut tree, &path, node)?;
            }
        }
    }
    if mounted.at_or_above(facts.cwd.as_path().as_std_path()).is_none() {
        tree.make_directory(facts.cwd.as_path().as_std_path())
            .with_context(|| format!("buildContainer: cwd: making '{}'", facts.cwd))?;
    }
    let points = MountPoints::add(&mut tree, facts.mounts)?;
    devices::check(&tree, &points, facts)?;
    for (path, (attribute, file)) in &container.files {
        not_hidden(&tree, &points, path, attribute, file, facts.mounts)?;
    }
    Ok((tree, points.destinations))
}

/// Whether a mount brings its own for a base file. What comes from the host, nobody knows: it fits best on what is usual.
fn is_mounted(path: &ContainerPath, mounted: &PathMap<(&Destination, &Mount)>, closure: &Closure) -> bool {
    let path = path.as_path().as_std_path();
    let comes_from_host =
        |mount: &Mount| matches!(&mount.mount_point, MountPoint::Like(source) if !closure.has(source.as_std_path()));
    match mounted.at_or_above(path) {
        Some((destination, mount)) if path_of(destination) == path && comes_from_host(mount) => {
            path.parent().is_some_and(|parent| mounted.at_or_above(parent).is_some())
        }
        found => found.is_some(),
    }
}

fn path_of(destination: &Destination) -> &Path {
    destination.as_path().as_path().as_std_path()
}

/// Plans the files of the argument `files`.
fn add_files(tree: &mut Tree<'_>, container: &Container) -> Result<()> {
    for (path, (attribute, file)) in &container.files {
        let node = match file {
            File::Nothing => continue,
            File::Text { text, executable } => {
                Node::File(tree::File { content: Content::Text(text.clone()), executable: *executable })
            }
            File::Source { source, executable } => from_source(tree, attribute, source, *executable)?,
        };
        add_file(tree, path, node).map_err(|error| Mistake::new(attribute, format!("{error:#}")))?;
    }
    Ok(())
}

fn add_file(tree: &mut Tree<'_>, path: &ContainerPath, node: Node) -> Result<()> {
    let path = path.as_path().as_std_path();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { bail!("'/' is always there") };
    let place = tree.make_directory(parent)?.join(name);
    match tree.look(&place)? {
        Seen::Directory => bail!("there is a directory already; leave the file out, or what brings the directory"),
        Seen::File(_) | Seen::Link(_) if tree.closure().has(&place) => {
            bail!("it is part of a store path; make another path of the file, or change the package")
        }
        _ => tree.insert(&place, node),
    }
}

fn from_source(tree: &Tree<'_>, attribute: &AttrPath, source: &str, executable: Option<bool>) -> Result<Node> {
    let attribute = attribute.attribute("source");
    let mistake = |problem: &str| Err(Mistake::new(&attribute, format!("\"{source}\" {problem}")).into());
    if !tree.closure().has(Path::new(source)) {
        return mistake(
            "is not in the closure; write a path as ./file, so that Nix copies it to the store, and use \
                        'mounts' for a file of the host",
        );
    }
    let resolved =
        resolve::resolve(tree, Path::new(source)).map_err(|error| Mistake::new(&attribute, format!("{error:#}")))?;
    match (resolved.seen, executable) {
        (Seen::Nothing, _) => mistake("is not there"),
        (Seen::File(file), Some(executable)) => Ok(Node::File(tree::File { executable, ..file })),
        (_, Some(_)) => mistake("is a directory; leave 'executable' out"),
        _ => Ok(Node::Link(source.into())),
    }
}

/// Plans a base file, unless the contents have something in its place.
fn add_base_file(tree: &mut Tree<'_>, path: &ContainerPath, node: Node) -> Result<()> {
    let making =
        || format!("buildContainer: baseFiles: making {:?} (say baseFiles = false to do without)", path.to_string());
    let path = path.as_path().as_std_path();
    if resolve::resolve(tree, path).with_context(making)?.seen != Seen::Nothing {
        return Ok(());
    }
    let place = tree.settle(path).with_context(making)?;
    tree.insert(&place, node).with_context(making)
}

/// A file that a mount hides would never be seen.
fn not_hidden(
    tree: &Tree<'_>,
    points: &MountPoints,
    path: &ContainerPath,
    attribute: &AttrPath,
    file: &File,
    mounts: &BTreeMap<Destination, Mount>,
) -> Result<()> {
    if *file == File::Nothing {
        return Ok(());
    }
    let path = path.as_path().as_std_path();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let place = resolve::resolve(tree, parent)?.place.join(name);
    match points.at_or_above(&place) {
        Some(mount) if mounts.get(mount).is_none_or(|mount| !mount.shows_what_is_beneath()) => {
            let mount = quoted(&mount.to_string());
            // Runtimes do not start a container without these two.
            let or = match mount.as_str() {
                "\"/proc\"" | "\"/dev\"" => String::new(),
                _ => format!(", or leave out that mount (mounts.{mount} = null)"),
            };
            let problem = format!("mounts.{mount} would hide it; choose another path{or}");
            Err(Mistake::new(attribute, problem).into())
        }
        _ => Ok(()),
    }
}
