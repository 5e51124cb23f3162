//! The users and groups of a container that an ordinary user runs.

mod id_map;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use self::id_map::IdMap;
use super::caller::Caller;
use super::groups;
use super::subid::{NoSubordinateIds, SubordinateIds};
use crate::runner::overrides::KeepId;
use crate::runner::runtime_config::RuntimeConfig;

/// The capabilities with which a process can have other ids than those that it starts with.
const OF_OTHER_IDS: [&str; 3] = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"];

/// Makes users and groups fit those that there are. Gives the subordinate ones if they are needed.
///
/// # Errors
/// The process would be another user than the one that there is.
pub fn map_ids<'h>(
    config: &mut RuntimeConfig,
    caller: &'h Caller,
    keep: Option<KeepId>,
    dropped: &mut Vec<String>,
) -> Result<Option<&'h SubordinateIds>> {
    let user = &config["process"]["user"];
    let id = |name: &str| user[name].as_u64().unwrap_or(0);
    let asked = (id("uid"), id("gid"));
    let groups: Vec<u64> = user["additionalGids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    // The ids of the container that the user's own are to be.
    let own = keep.map(|keep| (keep.uid.map_or(asked.0, u64::from), keep.gid.map_or(asked.1, u64::from)));
    let has_namespace = config.has_user_namespace();
    let may_change = may_change_ids(config);
    let needs_more = asked != (0, 0)
        || !groups.is_empty()
        || has_namespace
        || may_change
        || own.is_some()
        || !caller.groups.is_empty();
    let subordinate = caller.subordinate.as_ref().ok().filter(|subordinate| {
        let (uids, gids) = subordinate.extents();
        let has = |extents: &[u64], id: u64, own: Option<u64>| own == Some(id) || id < extents.iter().sum();
        let own_gid = own.map(|(_, gid)| gid);
        needs_more
            && (has_namespace
                || (has(&uids, asked.0, own.map(|(uid, _)| uid))
                    && groups.iter().chain([&asked.1]).all(|gid| has(&gids, *gid, own_gid))))
    });
    let (uids, gids) = subordinate.map_or((vec![1], vec![1]), SubordinateIds::extents);
    let sides =
        [("uidMappings", asked.0, own.map(|own| own.0), &uids), ("gidMappings", asked.1, own.map(|own| own.1), &gids)];
    let maps = sides.map(|(side, asked, own, there)| {
        let ranges = if has_namespace { mapped(&config["linux"][side]) } else { all_ids(own, there) };
        let map = IdMap::new(&ranges, own, there);
        // Whatever else is missing, the process has to be somebody.
        if map.has(asked) { map } else { IdMap::only(own.unwrap_or(asked)) }
    });
    let [uid_map, gid_map] = &maps;
    ensure!(
        uid_map.has(asked.0) && gid_map.has(asked.1),
        "--userns: the container runs as {}:{}, and only the kept user {} exists here{}",
        asked.0,
        asked.1,
        own.map_or_else(String::new, |(uid, gid)| format!("{uid}:{gid}")),
        caller.subordinate.as_ref().err().map_or_else(String::new, |why| format!("; {}", why.reason()))
    );
    for ((side, ..), map) in sides.iter().zip(&maps).filter(|(_, map)| has_namespace && map.is_short) {
        let available = if map.len() == 1 { "1 id is".to_owned() } else { format!("{} ids are", map.len()) };
        dropped.push(format!("linux.{side} shortened: only {available} available"));
    }
    let is_outer = subordinate.map_or(asked == (0, 0), |_| true) && own.is_none_or(|own| own == (0, 0));
    if has_namespace || !is_outer {
        nest(config, has_namespace, &maps);
    }
    without_groups(config, gid_map);
    let user = config["process"]["user"].as_object_mut();
    if subordinate.is_none() && user.is_some_and(|user| user.remove("additionalGids").is_some()) {
        dropped.push("process.user.additionalGids dropped: they need root or a grant in /etc/subgid".to_owned());
    }
    match &caller.subordinate {
        Err(NoSubordinateIds::Refused(why)) if needs_more => {
            dropped.push(format!("the container has only your own user and group: {why}"));
        }
        Err(NoSubordinateIds::NotGranted(how)) if may_change => dropped.push(format!(
            "changing owners or users fails in the container: it has only your own user and group; {how}"
        )),
        _ => {}
    }
    if subordinate.is_none() {
        dropped.extend(groups::kept(&caller.groups));
    }
    Ok(subordinate)
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

fn may_change_ids(config: &RuntimeConfig) -> bool {
    OF_OTHER_IDS.iter().any(|name| config.has_capability(name))
}

/// The ids that a container has: the first, and how many.
fn mapped(mappings: &Value) -> Vec<(u64, u64)> {
    let number = |mapping: &Value, name: &str| mapping[name].as_u64().unwrap_or(0);
    let mappings = mappings.as_array().into_iter().flatten();
    mappings.map(|mapping| (number(mapping, "containerID"), number(mapping, "size"))).collect()
}

/// Takes the options `gid=` of mounts away that are not among the groups.
fn without_groups(config: &mut RuntimeConfig, groups: &IdMap) {
    let Some(mounts) = config.mounts_mut() else { return };
    for options in mounts.iter_mut().filter_map(|mount| mount.get_mut("options")?.as_array_mut()) {
        options.retain(|option| {
            let gid = option.as_str().and_then(|option| option.strip_prefix("gid="));
            gid.is_none_or(|gid| gid.parse().is_ok_and(|gid| groups.has(gid)))
        });
    }
}
