//! What a runtime will not see of a bundle: a store has neither owners nor modes.

use crate::plan::definition::Definition;
use crate::plan::definition::files::File;
use crate::plan::definition::mount::Destination;
use crate::plan::diagnostics::AttrPath;
use crate::plan::file_attributes::{AskedAttributes, DIRECTORY_MODE, FileAttributes, file_mode};
use crate::plan::runtime_config::RuntimeConfig;

/// The bits with which a program runs as its file's owner or group (chmod(2)).
const SET_ID: u32 = 0o6000;

/// How many attributes a line names.
const NAMED: usize = 5;

/// A line for the user about what only `oci-bundle run` and images have; nothing if there is nothing.
pub fn owners(definition: &Definition) -> Option<String> {
    let directories = definition.directories.iter().filter(|(path, directory)| {
        // What is mounted has an owner of its own, everywhere.
        let destination = Destination::from_valid(path.as_path().as_str());
        let is_mounted = directory.tmpfs || matches!(definition.mounts.get(&destination), Some(Some(_)));
        !is_mounted && directory.attributes(definition.user.owner_of(path)) != FileAttributes::new(DIRECTORY_MODE)
    });
    let directories = directories.map(|(_, directory)| &directory.attribute);
    let files = asked(definition).filter(|(_, asked)| {
        let is_usual = |executable| {
            let usual = FileAttributes::new(file_mode(executable));
            asked.over(usual) == usual
        };
        !is_usual(true) && !is_usual(false)
    });
    let names = listed(directories.chain(files.map(|(attribute, _)| attribute)));
    names.map(|names| {
        format!(
            "a store has no owners and modes, so a runtime alone shows {names} as root's; container.run and container.image \
             have what was asked for, and a directory with tmpfs = true has it everywhere"
        )
    })
}

/// A line about programs that would give rights, but may not.
pub fn rights(definition: &Definition, config: &RuntimeConfig) -> Option<String> {
    let gives = |asked: &AskedAttributes| {
        !asked.capabilities.is_empty() || asked.mode.is_some_and(|mode| mode & SET_ID != 0 && mode & 0o111 != 0)
    };
    let names = listed(asked(definition).filter(|(_, asked)| gives(asked)).map(|(attribute, _)| attribute))?;
    (config["process"]["noNewPrivileges"] == true).then(|| {
        format!(
            "{names} cannot give rights while no process may get new ones; set config.process.noNewPrivileges = false"
        )
    })
}

/// The attributes, the first of many; nothing if there are none.
fn listed<'a>(attributes: impl Iterator<Item = &'a AttrPath>) -> Option<String> {
    let mut attributes = attributes.map(AttrPath::to_string);
    let first: Vec<_> = attributes.by_ref().take(NAMED).collect();
    let more = match attributes.count() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    (!first.is_empty()).then(|| first.join(", ") + &more)
}

fn asked(definition: &Definition) -> impl Iterator<Item = (&AttrPath, AskedAttributes)> {
    definition.files.values().filter_map(|(attribute, file)| match file {
        File::Text { attributes, .. } | File::Source { attributes, .. } => Some((attribute, (*attributes)?)),
        File::Nothing => None,
    })
}
