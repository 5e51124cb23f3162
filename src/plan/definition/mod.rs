//! The arguments of `buildContainer`, decoded.

pub mod capabilities;
pub mod container_path;
pub mod contents;
pub mod directories;
pub mod files;
pub mod health;
pub mod id_mapping;
pub mod init;
mod limits;
pub mod mount;
mod mount_options;
pub mod named_volume;
pub mod platform;
pub mod port;
pub mod process;
pub mod run_settings;
mod seccomp;
pub mod user;
mod volume;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use self::capabilities::Capabilities;
use self::contents::Package;
use self::directories::Directories;
use self::files::Files;
use self::limits::Limits;
use self::mount::{Destination, Mount};
use self::process::Environment;
use self::run_settings::RunSettings;
pub use self::seccomp::Seccomp;
use self::user::User;
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::diagnostics::{ArgumentError, Field};
use crate::plan::file_attributes;

/// The arguments' names. nix/lib/arguments.nix has the same list, with what the reference says of each.
pub const ARGUMENTS: [&str; 29] = [
    "arch",
    "args",
    "baseFiles",
    "capabilities",
    "checkProgram",
    "config",
    "contents",
    "cwd",
    "directories",
    "env",
    "files",
    "health",
    "hostname",
    "init",
    "keepReferences",
    "limits",
    "mounts",
    "name",
    "network",
    "nixDatabase",
    "os",
    "ports",
    "readonly",
    "seccomp",
    "stopSignal",
    "store",
    "terminal",
    "user",
    "volumes",
];

/// How the closure gets into the container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Store {
    /// The bundle has a copy.
    #[default]
    Copy,
    /// The host's store paths are mounted.
    Mount,
}

impl Store {
    fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        match field.string()? {
            "copy" => Ok(Self::Copy),
            "mount" => Ok(Self::Mount),
            _ => Err(field.unwanted_of(&["copy", "mount"])),
        }
    }
}

/// What the user asked for. `keepReferences` is not here: it is for Nix, when the build has ended.
#[allow(clippy::struct_excessive_bools, reason = "each is an argument of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The command and its arguments; never empty.
    pub args: Vec<String>,
    /// Whether there are the files that most programs want, such as /etc/passwd.
    pub base_files: bool,
    /// What the process may do beside what everybody may.
    pub capabilities: Capabilities,
    /// Whether the program is looked for before anything is built.
    pub check_program: bool,
    /// The packages whose trees appear at `/`.
    pub contents: Vec<Package>,
    /// Directories by path, with their owners and modes.
    pub directories: Directories,
    /// Files by path, beside the base files or instead of them.
    pub files: Files,
    /// The environment of the process, over the default one.
    pub env: Environment,
    /// Who the process runs as.
    pub user: User,
    /// Where the process starts.
    pub cwd: ContainerPath,
    /// The name of the host in the container; `None` for the derivation's name.
    pub hostname: Option<String>,
    /// How much of the host the container gets.
    pub limits: Limits,
    /// Whether the process gets a terminal.
    pub terminal: bool,
    /// What to mount beside the defaults, or instead of one; `None` drops one.
    pub mounts: BTreeMap<Destination, Option<Mount>>,
    /// The store path with the Nix database of the closure, if the container is to have one.
    pub nix_database: Option<PathBuf>,
    /// Whether the container's root is read-only.
    pub readonly: bool,
    /// What a run or an image needs beyond the runtime specification.
    pub run: RunSettings,
    /// Which system calls the container may make.
    pub seccomp: Seccomp,
    /// How the closure gets into the container.
    pub store: Store,
    /// What it is for: a Nix system such as `x86_64-linux`.
    pub system: String,
    /// A JSON merge patch (RFC 7396) for config.json.
    pub config: Value,
}

impl Definition {
    /// Decodes the arguments of a container for `system`, a Nix system such as `x86_64-linux`.
    ///
    /// # Errors
    /// The first [`ArgumentError`] found.
    pub fn decode(arguments: &Value, system: &str) -> Result<Self, ArgumentError> {
        let root = Field::root(arguments);
        root.only(&ARGUMENTS, "argument")?;
        if let Some(arch) = root.get("arch")? {
            platform::check_arch(&arch, system)?;
        }
        let flag = |name, default| root.get(name)?.map_or(Ok(default), |flag| flag.boolean());
        let container = Self {
            args: decode_args(&root)?,
            base_files: flag("baseFiles", true)?,
            capabilities: root
                .get("capabilities")?
                .map_or(Ok(Capabilities::default()), |them| Capabilities::decode(&them))?,
            check_program: flag("checkProgram", true)?,
            config: decode_config(&root)?,
            contents: root.get("contents")?.map_or(Ok(Vec::new()), |contents| contents::decode(&contents))?,
            cwd: root.get("cwd")?.map_or(Ok(ContainerPath::root()), |cwd| process::decode_cwd(&cwd))?,
            directories: root.get("directories")?.map_or(Ok(Directories::new()), |them| directories::decode(&them))?,
            env: root.get("env")?.map_or(Ok(Environment::new()), |env| process::decode_environment(&env))?,
            files: root.get("files")?.map_or(Ok(Files::new()), |files| files::decode(&files))?,
            hostname: root.get("hostname")?.map(|name| process::decode_hostname(&name)).transpose()?,
            limits: root.get("limits")?.map_or(Ok(Limits::default()), |limits| Limits::decode(&limits))?,
            mounts: root.get("mounts")?.map_or(Ok(BTreeMap::new()), |mounts| decode_mounts(&mounts))?,
            nix_database: decode_nix_database(&root)?,
            readonly: flag("readonly", false)?,
            run: RunSettings::decode(&root)?,
            seccomp: Seccomp::decode(arguments),
            store: root.get("store")?.map_or(Ok(Store::default()), |store| Store::decode(&store))?,
            system: system.to_owned(),
            terminal: flag("terminal", false)?,
            user: root.get("user")?.map_or(Ok(User::default()), |user| User::decode(&user))?,
        };
        container.check_mounts_in_memory()?;
        flag("keepReferences", false)?;
        if let Some(os) = root.get("os")? {
            platform::check_os(&os, system)?;
        }
        Ok(container)
    }

    /// Refuses a mount beside a directory that is a mount itself.
    fn check_mounts_in_memory(&self) -> Result<(), ArgumentError> {
        let in_memory = self.directories.iter().filter(|(_, directory)| directory.tmpfs);
        for (path, directory) in in_memory {
            if let Some(Some(_)) = self.mounts.get(&Destination::from_valid(path.as_path().as_str())) {
                let problem = format!("found beside mounts.{:?}; leave one of them out", path.to_string());
                return Err(ArgumentError::new(&directory.attribute.attribute("tmpfs"), problem));
            }
        }
        Ok(())
    }
}

fn decode_args(root: &Field<'_>) -> Result<Vec<String>, ArgumentError> {
    const WANT: &str = "the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]";
    let Some(field) = root.get("args")? else {
        return Err(ArgumentError::new(&root.path().attribute("args"), format!("missing; want {WANT}")));
    };
    match field.list() {
        Ok(list) if list.is_empty() => Err(field.unwanted(WANT)),
        Ok(list) => list
            .iter()
            .map(|argument| {
                let text = argument.string()?;
                process::check_length(argument.path(), text.len())?;
                Ok(text.to_owned())
            })
            .collect(),
        Err(_) => Err(field.unwanted(&format!("a list: {WANT}"))),
    }
}

/// The patch, without what the bundle itself depends on: there the arguments know more than a patch could.
fn decode_config(root: &Field<'_>) -> Result<Value, ArgumentError> {
    let Some(field) = root.get("config")? else { return Ok(json!({})) };
    let written = |path: &[&str]| {
        path.iter()
            .try_fold(field.clone(), |field, name| field.get(name).ok().flatten())
            .map(|field| field.path().clone())
    };
    if field.attributes().is_err() {
        return Err(field.unwanted("an attribute set, such as { process.noNewPrivileges = false; }"));
    }
    if let Some(path) = written(&["mounts"]) {
        return Err(ArgumentError::new(&path, "use the argument 'mounts', which also makes the mount points"));
    }
    if let Some(path) = written(&["annotations", file_attributes::ANNOTATION]) {
        return Err(ArgumentError::new(&path, "use the arguments 'files' and 'directories', which say it for it"));
    }
    if let Some(path) = written(&["annotations", run_settings::ANNOTATION]) {
        return Err(ArgumentError::new(
            &path,
            "use the arguments 'network', 'ports', 'volumes', 'init', 'stopSignal' and 'health', which say it",
        ));
    }
    if let Some(path) = written(&["root", "path"]) {
        return Err(ArgumentError::new(
            &path,
            "the root filesystem of the bundle is always \"rootfs\"; leave this out",
        ));
    }
    Ok(field.value().clone())
}

/// The user writes `true`, and Nix puts the store path in its place that it has made (nix/lib/outputs/default.nix).
fn decode_nix_database(root: &Field<'_>) -> Result<Option<PathBuf>, ArgumentError> {
    match root.get("nixDatabase")? {
        Some(field) if field.is_string() && field.string()?.starts_with('/') => Ok(Some(field.string()?.into())),
        Some(field) if field.value() != false => Err(field.unwanted("false, or the path of a database that Nix made")),
        _ => Ok(None),
    }
}

fn decode_mounts(field: &Field<'_>) -> Result<BTreeMap<Destination, Option<Mount>>, ArgumentError> {
    let mut mounts = BTreeMap::new();
    let mut written = BTreeMap::new();
    for (name, entry) in field.attributes()? {
        let destination = Destination::parse(name).map_err(|problem| ArgumentError::new(entry.path(), problem))?;
        if let Some(first) = written.insert(destination.clone(), entry.path().clone()) {
            return Err(ArgumentError::new(
                entry.path(),
                format!("the same destination as {first}; leave one of them out"),
            ));
        }
        let mount = if entry.is_null() { None } else { Some(Mount::decode(&entry)?) };
        mounts.insert(destination, mount);
    }
    Ok(mounts)
}

#[cfg(test)]
mod tests;
