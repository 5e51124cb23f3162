//! What takes the rights of root in a config.json: done in another way where there is one, or else left out.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::control_group::controllers;
use super::host::{Host, has_device};
use super::ids::Subordinate;

/// The capabilities with which a process can have other ids than those that it starts with.
const OF_OTHER_IDS: [&str; 3] = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"];

/// A config.json for this machine and this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The whole of it.
    pub document: Value,
    /// What was left out of it, and why.
    pub left_out: Vec<String>,
    /// The ids that the container needs beside the user's own.
    pub subordinate: Option<Subordinate>,
    /// The controllers that the container's control group needs.
    pub controllers: Vec<String>,
}

impl Plan {
    /// Makes it of one that root could run on any machine.
    pub fn of(mut document: Value, host: &Host) -> Self {
        let mut left_out = Vec::new();
        let controllers = limit(&mut document, host, &mut left_out);
        let subordinate = if host.is_root {
            None
        } else {
            let process = document["process"].as_object_mut();
            if let Some(process) =
                process.filter(|process| process.get("oomScoreAdj").is_some_and(|it| it.as_i64() < Some(0)))
            {
                process.remove("oomScoreAdj");
                left_out.push("process.oomScoreAdj, which is below 0".to_owned());
            }
            devices(&mut document, &mut left_out);
            ids(&mut document, host.subordinate.as_ref(), &mut left_out).cloned()
        };
        Self { document, left_out, subordinate, controllers }
    }
}

/// Puts the container below the control group that is delegated, if one is. Gives the controllers that it needs of it.
fn limit(document: &mut Value, host: &Host, left_out: &mut Vec<String>) -> Vec<String> {
    let Some(linux) = document.get_mut("linux").and_then(Value::as_object_mut) else { return Vec::new() };
    if !host.is_root && linux.remove("cgroupsPath").is_some() {
        left_out.push("linux.cgroupsPath".to_owned());
    }
    let group = host.control_group.as_ref().filter(|group| !group.is_shared);
    let mut needed = BTreeSet::new();
    let mut without = Vec::new();
    if let Some(resources) = linux.get_mut("resources").and_then(Value::as_object_mut) {
        resources.retain(|field, value| {
            let controllers = controllers(field, value);
            let is_limit = field != "devices";
            if is_limit && group.is_some_and(|group| group.has(&controllers)) {
                needed.extend(controllers);
                return true;
            }
            if is_limit && !host.is_root {
                without.push(field.clone());
            }
            host.is_root
        });
        if !host.is_root && resources.is_empty() {
            linux.remove("resources");
        }
    }
    if !without.is_empty() {
        let why = match &host.control_group {
            None => "which take root, or a control group that is delegated".to_owned(),
            Some(group) if group.is_shared => {
                format!("as there are other processes in the control group '{}'", group.path)
            }
            Some(group) => format!("whose controllers the control group '{}' lacks", group.path),
        };
        left_out.push(format!("limits of {}, {why}", without.join(", ")));
    }
    match group {
        Some(group) if !linux.contains_key("cgroupsPath") => {
            linux.insert("cgroupsPath".to_owned(), json!(group.path.join(&host.id)));
            needed.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn devices(document: &mut Value, left_out: &mut Vec<String>) {
    let Some(devices) = document["linux"].get_mut("devices").and_then(Value::as_array_mut) else { return };
    devices.retain(|device| {
        let is_there = has_device(device);
        if !is_there {
            left_out.push(format!("the device {}, which this machine has not", device["path"].as_str().unwrap_or("?")));
        }
        is_there
    });
}

/// Makes users and groups fit those that there are. Gives the subordinate ones if they are needed.
fn ids<'h>(
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

fn has_user_namespace(document: &Value) -> bool {
    let namespaces = document["linux"]["namespaces"].as_array();
    namespaces.into_iter().flatten().any(|namespace| namespace["type"] == "user" && namespace.get("path").is_none())
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

#[cfg(test)]
mod tests {
    use super::super::control_group::ControlGroup;
    use super::super::ids::Range;
    use super::*;

    fn document() -> Value {
        json!({
            "process": { "user": { "uid": 5, "gid": 6, "additionalGids": [7], "umask": 18 }, "oomScoreAdj": -1 },
            "mounts": [
                { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "gid=5"] },
            ],
            "linux": {
                "namespaces": [{ "type": "mount" }],
                "resources": { "devices": [], "memory": { "limit": 1 }, "pids": { "limit": 1 } },
            },
        })
    }

    fn host(is_root: bool) -> Host {
        Host { id: "it".to_owned(), is_root, subordinate: None, control_group: None }
    }

    fn group(controllers: &[&str], is_shared: bool) -> ControlGroup {
        let controllers = controllers.iter().map(|name| (*name).to_owned()).collect();
        ControlGroup { path: "/of/user".into(), controllers, is_shared }
    }

    fn granted(size: u32) -> Subordinate {
        let ranges = vec![Range { first: 100_000, size }];
        Subordinate { uids: ranges.clone(), gids: ranges }
    }

    #[test]
    fn root_has_all_rights() {
        let plan = Plan::of(document(), &host(true));
        assert_eq!((plan.document, plan.left_out), (document(), vec![]));
        // In a service, its container is in its control group.
        let group = Some(group(&["memory"], false));
        let plan = Plan::of(document(), &Host { control_group: group.clone(), ..host(true) });
        let mut expected = document();
        expected["linux"]["cgroupsPath"] = json!("/of/user/it");
        assert_eq!((plan.document, plan.controllers), (expected, vec!["memory".to_owned()]));
        let mut own = document();
        own["linux"]["cgroupsPath"] = json!("/mine");
        let plan = Plan::of(own.clone(), &Host { control_group: group, ..host(true) });
        assert_eq!((plan.document, plan.controllers), (own, vec![]));
    }

    #[test]
    fn a_user_goes_without_what_takes_root_and_is_told() {
        let Plan { document, left_out, subordinate, controllers } = Plan::of(document(), &host(false));
        assert_eq!(document["linux"].get("resources"), None);
        assert_eq!(document["process"].get("oomScoreAdj"), None);
        assert_eq!(document["mounts"][0]["options"], json!(["nosuid"]));
        assert_eq!(document["process"]["user"], json!({ "uid": 5, "gid": 6, "umask": 18 }));
        assert_eq!(document["linux"]["uidMappings"], json!([{ "containerID": 5, "hostID": 0, "size": 1 }]));
        assert_eq!(document["linux"]["gidMappings"], json!([{ "containerID": 6, "hostID": 0, "size": 1 }]));
        assert_eq!(document["linux"]["namespaces"], json!([{ "type": "mount" }, { "type": "user" }]));
        assert_eq!(
            left_out,
            [
                "limits of memory, pids, which take root, or a control group that is delegated",
                "process.oomScoreAdj, which is below 0",
                "process.user.additionalGids, which take root or ids of /etc/subgid"
            ]
        );
        assert_eq!((subordinate, controllers), (None, vec![]));
    }

    #[test]
    fn subordinate_ids_are_used_where_they_are_enough() {
        let plan = |subordinate| Plan::of(document(), &Host { subordinate, ..host(false) });
        let with = plan(Some(granted(7)));
        assert_eq!(with.subordinate, Some(granted(7)));
        assert_eq!(with.document["process"]["user"], document()["process"]["user"]);
        assert_eq!(with.document["linux"].get("uidMappings"), None);
        assert_eq!(with.document["mounts"], document()["mounts"]);
        // Group 7 is the eighth.
        assert_eq!(plan(Some(granted(6))).subordinate, None);
    }

    #[test]
    fn subordinate_ids_are_used_where_they_are_needed() {
        let mut root = document();
        root["process"]["user"] = json!({ "uid": 0, "gid": 0 });
        let plan = |document| Plan::of(document, &Host { subordinate: Some(granted(9)), ..host(false) });
        assert_eq!(plan(root.clone()).subordinate, None);
        root["process"]["capabilities"] = json!({ "bounding": ["CAP_KILL", "CAP_SETUID"] });
        assert_eq!(plan(root).subordinate, Some(granted(9)));
    }

    #[test]
    fn a_user_namespace_gets_the_ids_that_there_are() {
        let mut asked = document();
        asked["process"]["user"] = json!({ "uid": 12, "gid": 0 });
        asked["linux"]["namespaces"] = json!([{ "type": "user" }]);
        for side in ["uidMappings", "gidMappings"] {
            asked["linux"][side] = json!([
                { "containerID": 0, "hostID": 100_000, "size": 5 }, { "containerID": 10, "hostID": 7, "size": 5 },
            ]);
        }
        let plan = |subordinate| Plan::of(asked.clone(), &Host { subordinate, ..host(false) });
        let said = |plan: &Plan| plan.left_out.iter().filter(|line| line.contains("Mappings")).count();

        let all = plan(Some(granted(9)));
        assert_eq!(
            all.document["linux"]["uidMappings"],
            json!([
                { "containerID": 0, "hostID": 0, "size": 1 },
                { "containerID": 1, "hostID": 1, "size": 4 },
                { "containerID": 10, "hostID": 5, "size": 5 },
            ])
        );
        assert_eq!(said(&all), 0);

        let most = plan(Some(granted(7)));
        assert_eq!(most.document["linux"]["uidMappings"][2], json!({ "containerID": 10, "hostID": 5, "size": 3 }));
        assert_eq!(said(&most), 2);

        let one = plan(None);
        assert_eq!(one.document["linux"]["uidMappings"], json!([{ "containerID": 12, "hostID": 0, "size": 1 }]));
        assert_eq!(one.document["linux"]["gidMappings"], json!([{ "containerID": 0, "hostID": 0, "size": 1 }]));
        assert_eq!(one.document["mounts"][0]["options"], json!(["nosuid"]));
        assert_eq!(said(&one), 2);
    }

    #[test]
    fn limits_hold_where_a_control_group_is_delegated() {
        let plan = |control_group| Plan::of(document(), &Host { control_group, ..host(false) });
        let all = plan(Some(group(&["memory", "pids"], false)));
        assert_eq!(all.document["linux"]["resources"], json!({ "memory": { "limit": 1 }, "pids": { "limit": 1 } }));
        assert_eq!(all.document["linux"]["cgroupsPath"], "/of/user/it");
        assert_eq!(all.controllers, ["memory", "pids"]);

        let one = plan(Some(group(&["pids"], false)));
        assert_eq!(one.document["linux"]["resources"], json!({ "pids": { "limit": 1 } }));
        assert_eq!(one.left_out[0], "limits of memory, whose controllers the control group '/of/user' lacks");

        let shared = plan(Some(group(&["memory", "pids"], true)));
        assert_eq!(shared.document["linux"].get("cgroupsPath"), None);
        assert_eq!(
            shared.left_out[0],
            "limits of memory, pids, as there are other processes in the control group '/of/user'"
        );
    }
}
