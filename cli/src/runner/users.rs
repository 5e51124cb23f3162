//! The users and groups of a container that an ordinary user runs.

use std::str::FromStr;

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use super::host::Host;
use super::id_maps::IdMap;
use super::ids::{OwnOnly, Subordinate};
use oci_bundle_builder::plan::diagnostics::LAST_ID;
use oci_bundle_builder::plan::runtime_config::validate::id_maps::has_user_namespace;

/// The capabilities with which a process can have other ids than those that it starts with.
const OF_OTHER_IDS: [&str; 3] = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"];

/// The ids of the container that the caller's own become; each is that of the container's user unless it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepId {
    /// The user.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
}

impl FromStr for KeepId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("found '{text}', want keep-id, or keep-id:uid=NUMBER,gid=NUMBER");
        let (mode, options) = text.split_once(':').map_or((text, None), |(mode, options)| (mode, Some(options)));
        if mode != "keep-id" {
            return Err(wrong());
        }
        let mut keep = Self::default();
        for option in options.into_iter().flat_map(|options| options.split(',')) {
            let (name, id) = option.split_once('=').ok_or_else(wrong)?;
            let id = id.parse().ok().filter(|id| *id <= LAST_ID).ok_or_else(wrong)?;
            match name {
                "uid" => keep.uid = Some(id),
                "gid" => keep.gid = Some(id),
                _ => return Err(wrong()),
            }
        }
        Ok(keep)
    }
}

/// Makes users and groups fit those that there are. Gives the subordinate ones if they are needed.
///
/// # Errors
/// The process would be another user than the one that there is.
pub fn fit<'h>(
    document: &mut Value,
    host: &'h Host,
    keep: Option<KeepId>,
    dropped: &mut Vec<String>,
) -> Result<Option<&'h Subordinate>> {
    let user = &document["process"]["user"];
    let id = |name: &str| user[name].as_u64().unwrap_or(0);
    let asked = (id("uid"), id("gid"));
    let groups: Vec<u64> = user["additionalGids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    // The ids of the container that the user's own are to be.
    let own = keep.map(|keep| (keep.uid.map_or(asked.0, u64::from), keep.gid.map_or(asked.1, u64::from)));
    let has_namespace = has_user_namespace(document);
    let may_change = may_change_ids(document);
    let needs_more = asked != (0, 0)
        || !groups.is_empty()
        || has_namespace
        || may_change
        || own.is_some()
        || !host.groups.is_empty();
    let subordinate = host.subordinate.as_ref().ok().filter(|subordinate| {
        let (uids, gids) = subordinate.extents();
        let has = |extents: &[u64], id: u64, own: Option<u64>| own == Some(id) || id < extents.iter().sum();
        let own_gid = own.map(|(_, gid)| gid);
        needs_more
            && (has_namespace
                || (has(&uids, asked.0, own.map(|(uid, _)| uid))
                    && groups.iter().chain([&asked.1]).all(|gid| has(&gids, *gid, own_gid))))
    });
    let (uids, gids) = subordinate.map_or((vec![1], vec![1]), Subordinate::extents);
    let sides =
        [("uidMappings", asked.0, own.map(|own| own.0), &uids), ("gidMappings", asked.1, own.map(|own| own.1), &gids)];
    let maps = sides.map(|(side, asked, own, there)| {
        let ranges = if has_namespace { mapped(&document["linux"][side]) } else { all_ids(own, there) };
        let map = IdMap::new(&ranges, own, there);
        // Whatever else is missing, the process has to be somebody.
        if map.has(asked) { map } else { IdMap::only(own.unwrap_or(asked)) }
    });
    let [uid_map, gid_map] = &maps;
    ensure!(
        uid_map.has(asked.0) && gid_map.has(asked.1),
        "--userns: the container's user {}:{} is not the one that is kept, {}, and there is no other here{}",
        asked.0,
        asked.1,
        own.map_or_else(String::new, |(uid, gid)| format!("{uid}:{gid}")),
        host.subordinate.as_ref().err().map_or_else(String::new, |why| format!("; {}", why.reason()))
    );
    for ((side, ..), map) in sides.iter().zip(&maps).filter(|(_, map)| has_namespace && map.is_short) {
        let ids = if map.len() == 1 { "id" } else { "ids" };
        dropped.push(format!("ids of linux.{side} dropped: there are only {} {ids} for them", map.len()));
    }
    let is_outer = subordinate.map_or(asked == (0, 0), |_| true) && own.is_none_or(|own| own == (0, 0));
    if has_namespace || !is_outer {
        nest(document, has_namespace, &maps);
    }
    without_groups(document, gid_map);
    let user = document["process"]["user"].as_object_mut();
    if subordinate.is_none() && user.is_some_and(|user| user.remove("additionalGids").is_some()) {
        dropped.push("process.user.additionalGids dropped: they need root or a grant in /etc/subgid".to_owned());
    }
    match &host.subordinate {
        Err(OwnOnly::Refused(why)) if needs_more => {
            dropped.push(format!("the container has no users and groups but your own: {why}"));
        }
        Err(OwnOnly::NotGranted(how)) if may_change => dropped.push(format!(
            "changing owners and users fails in the container: it has no users and groups but your own; {how}"
        )),
        _ => {}
    }
    if subordinate.is_none() {
        dropped.extend(super::groups::kept(&host.groups));
    }
    Ok(subordinate)
}

impl OwnOnly {
    fn reason(&self) -> &str {
        let (Self::NotGranted(reason) | Self::Refused(reason)) = self;
        reason
    }
}

/// The ids of a container without a user namespace in its document: as many as there are, from 0 on. One that is kept is one
/// of them, or stands in for the last of them.
fn all_ids(own: Option<u64>, there: &[u64]) -> Vec<(u64, u64)> {
    let count: u64 = there.iter().sum();
    let is_above = own.is_some_and(|own| own >= count);
    vec![(0, if is_above { count - 1 } else { count })]
}

/// Puts the container into a user namespace with these maps.
fn nest(document: &mut Value, has_namespace: bool, [uids, gids]: &[IdMap; 2]) {
    if !has_namespace {
        let namespaces = &mut document["linux"]["namespaces"];
        if !namespaces.is_array() {
            *namespaces = json!([]);
        }
        if let Some(namespaces) = namespaces.as_array_mut() {
            namespaces.push(json!({ "type": "user" }));
        }
    }
    document["linux"]["uidMappings"] = uids.document();
    document["linux"]["gidMappings"] = gids.document();
}

fn may_change_ids(document: &Value) -> bool {
    let sets = document["process"]["capabilities"].as_object().into_iter().flat_map(Map::values);
    let mut names = sets.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    names.any(|name| OF_OTHER_IDS.contains(&name))
}

/// The ids that a container has: the first, and how many.
fn mapped(mappings: &Value) -> Vec<(u64, u64)> {
    let number = |mapping: &Value, name: &str| mapping[name].as_u64().unwrap_or(0);
    let mappings = mappings.as_array().into_iter().flatten();
    mappings.map(|mapping| (number(mapping, "containerID"), number(mapping, "size"))).collect()
}

/// Takes the options `gid=` of mounts away that are not among the groups.
fn without_groups(document: &mut Value, groups: &IdMap) {
    let Some(mounts) = document.get_mut("mounts").and_then(Value::as_array_mut) else { return };
    for options in mounts.iter_mut().filter_map(|mount| mount.get_mut("options")?.as_array_mut()) {
        options.retain(|option| {
            let gid = option.as_str().and_then(|option| option.strip_prefix("gid="));
            gid.is_none_or(|gid| gid.parse().is_ok_and(|gid| groups.has(gid)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_id_is_the_users_or_a_number() {
        for (text, uid, gid) in
            [("keep-id", None, None), ("keep-id:uid=5", Some(5), None), ("keep-id:gid=6,uid=5", Some(5), Some(6))]
        {
            assert_eq!(text.parse(), Ok(KeepId { uid, gid }), "{text}");
        }
        for text in ["", "host", "keep-id:", "keep-id:uid", "keep-id:uid=x", "keep-id:uid=4294967295", "keep-id:size=5"]
        {
            let problem = format!("found '{text}', want keep-id, or keep-id:uid=NUMBER,gid=NUMBER");
            assert_eq!(text.parse::<KeepId>(), Err(problem));
        }
    }
}
