//! What takes the rights of root in a config.json: done in another way where there is one, or else left out.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::host::{Host, has_device};
use super::ids::Subordinate;
use super::{limits, users};

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
    ///
    /// # Errors
    /// A document without an object where one has to be.
    pub fn of(mut document: Value, host: &Host) -> Result<Self> {
        let mut left_out = Vec::new();
        for name in ["root", "linux"] {
            let part = document.get(name);
            ensure!(part.is_none_or(Value::is_object), "config.json: '{name}' is not an object");
        }
        let controllers = limits::fit(&mut document, host, &mut left_out);
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
            if document.get("linux").is_none() {
                document["linux"] = json!({ "namespaces": [] });
            }
            devices(&mut document, &mut left_out);
            users::fit(&mut document, host.subordinate.as_ref(), &mut left_out).cloned()
        };
        Ok(Self { document, left_out, subordinate, controllers })
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

#[cfg(test)]
mod tests {
    use super::super::cgroup_view::Cgroups;
    use super::super::control_group::ControlGroup;
    use super::super::ids::Range;
    use super::*;

    fn document() -> Value {
        json!({
            "root": { "path": "rootfs" },
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
        Host {
            id: "it".to_owned(),
            is_root,
            subordinate: None,
            control_group: None,
            cgroups: Cgroups::Unified,
            locks_memory: true,
        }
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
        let plan = Plan::of(document(), &host(true)).unwrap();
        assert_eq!((plan.document, plan.left_out), (document(), vec![]));
        // In a service, its container is in its control group.
        let group = Some(group(&["memory"], false));
        let plan = Plan::of(document(), &Host { control_group: group.clone(), ..host(true) }).unwrap();
        let mut expected = document();
        expected["linux"]["cgroupsPath"] = json!("/of/user/it");
        assert_eq!((plan.document, plan.controllers), (expected, vec!["memory".to_owned()]));
        let mut own = document();
        own["linux"]["cgroupsPath"] = json!("/mine");
        let plan = Plan::of(own.clone(), &Host { control_group: group, ..host(true) }).unwrap();
        assert_eq!((plan.document, plan.controllers), (own, vec![]));
    }

    #[test]
    fn a_user_goes_without_what_takes_root_and_is_told() {
        let Plan { document, left_out, subordinate, controllers, .. } = Plan::of(document(), &host(false)).unwrap();
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
    fn what_is_no_object_is_named() {
        for (name, value) in [("linux", json!([])), ("root", json!("x"))] {
            let mut document = document();
            document[name] = value;
            let error = Plan::of(document, &host(false)).unwrap_err();
            assert_eq!(error.to_string(), format!("config.json: '{name}' is not an object"));
        }
        // Both may be left out of what is run somewhere.
        assert!(Plan::of(json!({ "process": {} }), &host(false)).is_ok());
    }

    #[test]
    fn subordinate_ids_are_used_where_they_are_enough() {
        let plan = |subordinate| Plan::of(document(), &Host { subordinate, ..host(false) }).unwrap();
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
        let plan = |document| Plan::of(document, &Host { subordinate: Some(granted(9)), ..host(false) }).unwrap();
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
        let plan = |subordinate| Plan::of(asked.clone(), &Host { subordinate, ..host(false) }).unwrap();
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
        let plan = |control_group| Plan::of(document(), &Host { control_group, ..host(false) }).unwrap();
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
