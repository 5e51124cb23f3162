//! The users and groups of a container that an ordinary user runs.

use serde_json::{Map, Value, json};

use super::ids::Subordinate;
use crate::config::ids::has_user_namespace;

/// The capabilities with which a process can have other ids than those that it starts with.
const OF_OTHER_IDS: [&str; 3] = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"];

/// Makes users and groups fit those that there are. Gives the subordinate ones if they are needed.
pub fn fit<'h>(
    document: &mut Value,
    subordinate: Option<&'h Subordinate>,
    left_out: &mut Vec<String>,
) -> Option<&'h Subordinate> {
    let user = &document["process"]["user"];
    let id = |name: &str| user[name].as_u64().unwrap_or(0);
    let (uid, gid) = (id("uid"), id("gid"));
    let groups: Vec<u64> = user["additionalGids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let has_namespace = has_user_namespace(document);
    let needs_more = (uid, gid) != (0, 0) || !groups.is_empty() || has_namespace || may_change_ids(document);
    let subordinate = subordinate.filter(|subordinate| {
        let (uids, gids) = subordinate.extents();
        let has = |extents: Vec<u64>, id: u64| id < extents.iter().sum();
        let highest = groups.iter().fold(gid, |highest, gid| highest.max(*gid));
        needs_more && (has_namespace || (has(uids, uid) && has(gids, highest)))
    });
    let (uids, gids) = subordinate.map_or((vec![1], vec![1]), Subordinate::extents);
    if has_namespace {
        for (side, wanted, there) in [("uidMappings", uid, &uids), ("gidMappings", gid, &gids)] {
            if number_again(&mut document["linux"][side], wanted, there) {
                left_out.push(format!("ids of linux.{side}, as there are {}", there.iter().sum::<u64>()));
            }
        }
    }
    let groups = if has_namespace { mapped(&document["linux"]["gidMappings"]) } else { vec![(0, gids.iter().sum())] };
    without_groups(document, &groups);
    if subordinate.is_some() {
        return subordinate;
    }
    if let Some(user) = document["process"]["user"].as_object_mut() {
        if user.remove("additionalGids").is_some() {
            left_out.push("process.user.additionalGids, which take root or ids of /etc/subgid".to_owned());
        }
    }
    if (uid, gid) != (0, 0) && !has_namespace {
        // A user namespace in that one, in which the one user that there is has this number.
        if let Some(namespaces) = document["linux"]["namespaces"].as_array_mut() {
            namespaces.push(json!({ "type": "user" }));
        }
        document["linux"]["uidMappings"] = json!([{ "containerID": uid, "hostID": 0, "size": 1 }]);
        document["linux"]["gidMappings"] = json!([{ "containerID": gid, "hostID": 0, "size": 1 }]);
    }
    None
}

fn may_change_ids(document: &Value) -> bool {
    let sets = document["process"]["capabilities"].as_object().into_iter().flat_map(Map::values);
    let mut names = sets.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    names.any(|name| OF_OTHER_IDS.contains(&name))
}

/// Maps ids of the container to those outside, which are in such extents, from 0 on. Tells whether some were left out.
///
/// A kernel takes no mapping that has more than one extent behind it (`user_namespaces`(7)).
fn number_again(mappings: &mut Value, wanted: u64, extents: &[u64]) -> bool {
    let mut extents = extents.iter().copied();
    let (mut next, mut left) = (0, extents.next().unwrap_or(0));
    let mut made: Vec<(u64, u64, u64)> = Vec::new();
    let mut is_short = false;
    for (mut first, mut size) in mapped(mappings) {
        while size > 0 {
            if left == 0 {
                let Some(extent) = extents.next() else { break };
                left = extent;
            }
            let fits = size.min(left);
            made.push((first, next, fits));
            (first, next, size, left) = (first + fits, next + fits, size - fits, left - fits);
        }
        is_short |= size > 0;
    }
    if !made.iter().any(|(first, _, size)| (*first..first + size).contains(&wanted)) {
        made = vec![(wanted, 0, 1)];
        is_short = true;
    }
    let mapping = |(first, outside, size)| json!({ "containerID": first, "hostID": outside, "size": size });
    *mappings = made.into_iter().map(mapping).collect();
    is_short
}

/// The ids that a container has: the first, and how many.
fn mapped(mappings: &Value) -> Vec<(u64, u64)> {
    let number = |mapping: &Value, name: &str| mapping[name].as_u64().unwrap_or(0);
    let mappings = mappings.as_array().into_iter().flatten();
    mappings.map(|mapping| (number(mapping, "containerID"), number(mapping, "size"))).collect()
}

/// Takes the options `gid=` of mounts away that are not among the groups.
fn without_groups(document: &mut Value, groups: &[(u64, u64)]) {
    let is_there = |gid: u64| groups.iter().any(|(first, size)| (*first..first.saturating_add(*size)).contains(&gid));
    let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) else { return };
    for options in mounts.iter_mut().filter_map(|mount| mount.get_mut("options")?.as_array_mut()) {
        options.retain(|option| {
            let gid = option.as_str().and_then(|option| option.strip_prefix("gid="));
            gid.is_none_or(|gid| gid.parse().is_ok_and(is_there))
        });
    }
}
