//! The users and groups of a container that an ordinary user runs.

mod id_map;
mod requested_ids;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use self::id_map::IdMap;
use self::requested_ids::RequestedIds;
use super::caller::Caller;
use super::groups;
use super::subid::{NoSubordinateIds, SubordinateIds};
use crate::runner::overrides::KeepId;
use crate::runner::runtime_config::RuntimeConfig;

/// The fields of `linux` that map ids.
const SIDES: [&str; 2] = ["uidMappings", "gidMappings"];

/// Makes users and groups fit those that there are. Gives the subordinate ones if they are needed.
///
/// # Errors
/// The process would be another user than the one that there is.
pub fn map_ids<'c>(
    config: &mut RuntimeConfig,
    caller: &'c Caller,
    keep: Option<KeepId>,
    dropped: &mut Vec<String>,
) -> Result<Option<&'c SubordinateIds>> {
    let asked = RequestedIds::new(config, keep);
    let subordinate = caller.subordinate.as_ref().ok();
    let subordinate = subordinate.filter(|subordinate| asked.needs_more(caller) && asked.fit(subordinate));
    let maps = maps(config, &asked, subordinate);
    let [uid_map, gid_map] = &maps;
    ensure!(
        uid_map.has(asked.uid) && gid_map.has(asked.gid),
        "--userns: the container runs as {}:{}, and only the kept user {} exists here{}",
        asked.uid,
        asked.gid,
        asked.kept.map_or_else(String::new, |(uid, gid)| format!("{uid}:{gid}")),
        caller.subordinate.as_ref().err().map_or_else(String::new, |why| format!("; {}", why.reason()))
    );
    for (side, map) in SIDES.iter().zip(&maps).filter(|(_, map)| asked.has_namespace && map.is_short) {
        let available = if map.len() == 1 { "1 id is".to_owned() } else { format!("{} ids are", map.len()) };
        dropped.push(format!("linux.{side} shortened: only {available} available"));
    }
    // The user namespace of the run has the maps that such a container asks for.
    let is_outer =
        (subordinate.is_some() || asked.is_root()) && asked.kept.is_none_or(|(uid, gid)| (uid, gid) == (0, 0));
    if asked.has_namespace || !is_outer {
        nest(config, asked.has_namespace, &maps);
    }
    without_ids(config, &maps, dropped);
    if subordinate.is_none() {
        drop_other_ids(config, &asked, caller, dropped);
    }
    Ok(subordinate)
}

/// The maps of users and groups, from the ids of the container to those that there are.
fn maps(config: &RuntimeConfig, asked: &RequestedIds, subordinate: Option<&SubordinateIds>) -> [IdMap; 2] {
    let (uids, gids) = subordinate.map_or((vec![1], vec![1]), SubordinateIds::extents);
    let kept = asked.kept;
    let [uid_side, gid_side] = SIDES;
    let sides = [
        (uid_side, asked.uid, kept.map(|(uid, _)| uid), &uids),
        (gid_side, asked.gid, kept.map(|(_, gid)| gid), &gids),
    ];
    sides.map(|(side, id, kept, there)| {
        let ranges = if asked.has_namespace { mapped(&config["linux"][side]) } else { all_ids(kept, there) };
        let map = IdMap::new(&ranges, kept, there);
        // Whatever else is missing, the process has to be somebody.
        if map.has(id) { map } else { IdMap::only(kept.unwrap_or(id)) }
    })
}

/// Drops what takes more than the caller's own ids, and tells what that is.
fn drop_other_ids(config: &mut RuntimeConfig, asked: &RequestedIds, caller: &Caller, dropped: &mut Vec<String>) {
    let user = config["process"]["user"].as_object_mut();
    if user.is_some_and(|user| user.remove("additionalGids").is_some()) {
        dropped.push("process.user.additionalGids dropped: they need root or a grant in /etc/subgid".to_owned());
    }
    match &caller.subordinate {
        Err(NoSubordinateIds::Refused(why)) if asked.needs_more(caller) => {
            dropped.push(format!("the container has only your own user and group: {why}"));
        }
        Err(NoSubordinateIds::NotGranted(how)) if asked.may_change => dropped.push(format!(
            "changing owners or users fails in the container: it has only your own user and group; {how}"
        )),
        _ => {}
    }
    dropped.extend(groups::kept(&caller.groups));
}

/// The ids of a container without a user namespace in its document: as many as there are, from 0 on. One that is kept is one
/// of them, or stands in for the last of them.
fn all_ids(own: Option<u64>, there: &[u64]) -> Vec<(u64, u64)> {
    let count: u64 = there.iter().sum();
    let is_above = own.is_some_and(|own| own >= count);
    vec![(0, if is_above { count - 1 } else { count })]
}

/// Puts the container into a user namespace with these maps.
fn nest(config: &mut RuntimeConfig, has_namespace: bool, [uids, gids]: &[IdMap; 2]) {
    if !has_namespace {
        let namespaces = &mut config["linux"]["namespaces"];
        if !namespaces.is_array() {
            *namespaces = json!([]);
        }
        if let Some(namespaces) = namespaces.as_array_mut() {
            namespaces.push(json!({ "type": "user" }));
        }
    }
    config["linux"]["uidMappings"] = uids.to_json();
    config["linux"]["gidMappings"] = gids.to_json();
}

/// The ids that a container has: the first, and how many.
fn mapped(mappings: &Value) -> Vec<(u64, u64)> {
    let number = |mapping: &Value, name: &str| mapping[name].as_u64().unwrap_or(0);
    let mappings = mappings.as_array().into_iter().flatten();
    mappings.map(|mapping| (number(mapping, "containerID"), number(mapping, "size"))).collect()
}

/// Takes the options `uid=` and `gid=` of mounts away that are not among the ids, and tells which users these are. Most groups are that of
/// terminals, which nobody asked for.
fn without_ids(config: &mut RuntimeConfig, [uids, gids]: &[IdMap; 2], dropped: &mut Vec<String>) {
    let Some(mounts) = config.mounts_mut() else { return };
    for mount in mounts {
        let place = mount["destination"].as_str().unwrap_or_default().to_owned();
        let Some(options) = mount.get_mut("options").and_then(Value::as_array_mut) else { continue };
        options.retain(|option| {
            let id = |name| option.as_str().and_then(|option| option.strip_prefix(name)?.parse::<u64>().ok());
            if let Some(uid) = id("uid=").filter(|uid| !uids.has(*uid)) {
                dropped.push(format!("the mount on '{place}' belongs to root: the container has no user {uid}"));
                return false;
            }
            let gid = option.as_str().and_then(|option| option.strip_prefix("gid="));
            gid.is_none_or(|gid| gid.parse().is_ok_and(|gid| gids.has(gid)))
        });
    }
}
