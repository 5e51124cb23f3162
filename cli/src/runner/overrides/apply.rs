//! The config.json of a bundle, with what the command line changes in it.

use std::collections::HashMap;

use anyhow::{Context, Result};
use oci_bundle_builder::plan::definition::mount::Destination;
use serde_json::{Map, Value, json};

use super::accounts::Accounts;
use super::created_hook::CreatedHook;
use super::keep_id::KeepId;
use super::terminal::Terminal;
use super::user_option::{UserOption, Who};
use super::variable::Variable;
use super::volume::Volume;
use super::volume_option::VolumeOption;
use crate::runner::files::RootDir;
use crate::runner::init::words_of_init;
use crate::runner::runtime_config::RuntimeConfig;

/// Changes to config.json.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The arguments after the program; none keeps those of the bundle.
    pub args: Vec<String>,
    /// A program in the place of the bundle's, with no arguments but `args`.
    pub program: Option<String>,
    /// Variables to add or replace, or to remove where they have no value.
    pub env: Vec<Variable>,
    /// Directories and files of the host to mount.
    pub volumes: Vec<Volume>,
    /// Volumes to mount, in front of those of the bundle.
    pub named_volumes: Vec<VolumeOption>,
    /// The user and group to run as.
    pub user: Option<UserOption>,
    /// The ids of the container that the caller's own become.
    pub userns: Option<KeepId>,
    /// Who is told when the container is there, before its program is.
    pub created: Option<CreatedHook>,
    /// The terminal that the process gets, if it gets one.
    pub terminal: Option<Terminal>,
}

/// Changes what the command line asks for. The bundle's root file system says who its users are.
///
/// # Errors
/// A document without what every bundle of this project has.
pub fn apply_overrides(mut config: RuntimeConfig, overrides: &Overrides, root: &RootDir) -> Result<RuntimeConfig> {
    let of_init = words_of_init(&config)?;
    let process = config.process_mut().context("config.json has no 'process'")?;
    if let Some(asked) = user(overrides) {
        become_user(process, &asked, &Accounts::read(root))?;
    }
    change_args(process, overrides, of_init)?;
    change_process(process, overrides);
    mount(&mut config, overrides)?;
    if let Some(hook) = &overrides.created {
        hook.add_to(&mut config)?;
    }
    Ok(config)
}

/// Changes the program and its arguments, which are behind the words of the init.
fn change_args(process: &mut Map<String, Value>, overrides: &Overrides, of_init: usize) -> Result<()> {
    let args = process.get_mut("args").and_then(Value::as_array_mut).context("config.json has no 'process.args'")?;
    if let Some(program) = &overrides.program {
        args.truncate(of_init);
        args.push(json!(program));
    }
    if !overrides.args.is_empty() {
        args.truncate(of_init + 1);
        args.extend(overrides.args.iter().map(|argument| json!(argument)));
    }
    Ok(())
}

fn change_process(process: &mut Map<String, Value>, overrides: &Overrides) {
    if !overrides.env.is_empty() {
        let mut env = process.get("env").and_then(Value::as_array).cloned().unwrap_or_default();
        // The last of a name holds. A file may have many thousands.
        let indices = overrides.env.iter().enumerate().map(|(index, variable)| (variable.name.as_str(), index));
        let last: HashMap<_, _> = indices.collect();
        let name_of = |old: &Value| Some(old.as_str()?.split_once('=')?.0.to_owned());
        env.retain(|old| !name_of(old).is_some_and(|name| last.contains_key(name.as_str())));
        let holding =
            overrides.env.iter().enumerate().filter(|(index, variable)| last[variable.name.as_str()] == *index);
        env.extend(
            holding.filter_map(|(_, variable)| Some(json!(format!("{}={}", variable.name, variable.value.as_ref()?)))),
        );
        process.insert("env".to_owned(), env.into());
    }
    process.insert("terminal".to_owned(), json!(overrides.terminal.is_some()));
    process.remove("consoleSize");
    let Some(Terminal { height, width, kind }) = &overrides.terminal else { return };
    // A size of nothing is one that nobody knows. crun has the right one only from here.
    if *height > 0 {
        process.insert("consoleSize".to_owned(), json!({ "height": height, "width": width }));
    }
    let is_asked_for = overrides.env.iter().any(|variable| variable.name == "TERM");
    if let (Some(kind), false, None) = (kind, is_asked_for, variable(process, "TERM")) {
        let env = process.entry("env").or_insert_with(|| json!([]));
        if let Some(env) = env.as_array_mut() {
            env.push(json!(format!("TERM={kind}")));
        }
    }
}

/// Who is asked for: by `--user`, or by the ids that are kept, with which a container has the caller's files.
fn user(overrides: &Overrides) -> Option<UserOption> {
    let kept = || match overrides.userns {
        Some(KeepId { uid: Some(uid), gid }) => Some(UserOption { user: Who::Id(uid), group: gid.map(Who::Id) }),
        _ => None,
    };
    overrides.user.clone().or_else(kept)
}

/// Makes the process another user's, with that one's home directory, unless the bundle has set `HOME` to another than its
/// user's.
fn become_user(process: &mut Map<String, Value>, asked: &UserOption, accounts: &Accounts) -> Result<()> {
    let mut user = accounts.find(asked)?;
    let before = process.get("user").cloned().unwrap_or_default();
    if let Some(umask) = before.get("umask") {
        user["umask"] = umask.clone();
    }
    let home = accounts.home(before["uid"].as_u64().unwrap_or(0));
    if home.is_some() && variable(process, "HOME").as_deref() == home {
        // A user that nobody knows has the home that every engine gives one.
        let home = json!(format!("HOME={}", accounts.home(user["uid"].as_u64().unwrap_or(0)).unwrap_or("/")));
        for old in process.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
            if old.as_str().is_some_and(|old| old.starts_with("HOME=")) {
                *old = home.clone();
            }
        }
    }
    process.insert("user".to_owned(), user);
    Ok(())
}

/// A variable of the process.
fn variable(process: &Map<String, Value>, name: &str) -> Option<String> {
    let env = process.get("env").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut variables = env.filter_map(|variable| variable.split_once('='));
    variables.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

fn mount(config: &mut RuntimeConfig, overrides: &Overrides) -> Result<()> {
    let mut volumes = overrides.volumes.iter();
    volumes.try_for_each(|volume| add_bind(config, &volume.destination, &volume.source, volume.readonly))
}

/// Mounts a directory or file of the host, in the place of what is mounted at this destination.
///
/// # Errors
/// The document's mounts are no list.
pub fn add_bind(config: &mut RuntimeConfig, destination: &Destination, source: &str, readonly: bool) -> Result<()> {
    // The field may be left out (config.md, "Mounts").
    if config.as_value().get("mounts").is_none() {
        config["mounts"] = json!([]);
    }
    let mounts = config.mounts_mut().context("config.json: 'mounts' is not a list")?;
    let destination = json!(destination.to_string());
    // With all that is mounted below it.
    let access = if readonly { "rro" } else { "rw" };
    mounts.retain(|mount| mount["destination"] != destination);
    // Behind the others, so that it is on top of them.
    mounts.push(json!({ "destination": destination, "type": "bind", "source": source, "options": ["rbind", access] }));
    Ok(())
}

#[cfg(test)]
mod tests;
