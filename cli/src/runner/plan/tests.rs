use serde_json::json;

use super::super::cgroup::DelegatedCgroup;
use super::super::files::SearchPath;
use super::super::privilege::Privilege::{self, Root, Rootless};
use super::super::rootless::Caller;
use super::super::rootless::subid::Range;
use super::*;

fn config() -> RuntimeConfig {
    RuntimeConfig::from(json!({
        "root": { "path": "rootfs" },
        "process": { "user": { "uid": 5, "gid": 6, "additionalGids": [7], "umask": 18 }, "oomScoreAdj": -1 },
        "mounts": [
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "gid=5"] },
        ],
        "linux": {
            "namespaces": [{ "type": "mount" }],
            "resources": { "devices": [], "memory": { "limit": 1 }, "pids": { "limit": 1 } },
        },
    }))
}

fn host(privilege: Privilege) -> Host {
    Host {
        id: "it".to_owned(),
        privilege,
        caller: Caller { subordinate: none(), groups: vec![] },
        search_path: SearchPath::default(),
        delegated_cgroup: None,
        cgroup_mode: CgroupMode::Unified,
        locks_memory: true,
        filtering_runtimes: Vec::new(),
        has_sys: true,
    }
}

fn granting(subordinate: Result<SubordinateIds, NoSubordinateIds>) -> Host {
    Host { caller: Caller { subordinate, groups: vec![] }, ..host(Rootless) }
}

fn none() -> Result<SubordinateIds, NoSubordinateIds> {
    Err(NoSubordinateIds::NotGranted("ask root".to_owned()))
}

fn group(controllers: &[&str], is_shared: bool) -> DelegatedCgroup {
    let controllers = controllers.iter().map(|name| (*name).to_owned()).collect();
    DelegatedCgroup { path: "/of/user".into(), controllers, is_shared }
}

fn granted(size: u32) -> SubordinateIds {
    let ranges = vec![Range { first: 100_000, size }];
    SubordinateIds { uids: ranges.clone(), gids: ranges }
}

#[test]
fn root_has_all_rights() {
    let plan = Plan::new(config(), &host(Root), None).unwrap();
    assert_eq!((plan.config, plan.dropped), (config(), vec![]));
    // In a service, its container is in its cgroup.
    let group = Some(group(&["memory"], false));
    let plan = Plan::new(config(), &Host { delegated_cgroup: group.clone(), ..host(Root) }, None).unwrap();
    let mut expected = config();
    expected["linux"]["cgroupsPath"] = json!("/of/user/it");
    assert_eq!((plan.config, plan.controllers), (expected, vec!["memory".to_owned()]));
    let mut own = config();
    own["linux"]["cgroupsPath"] = json!("/mine");
    let plan = Plan::new(own.clone(), &Host { delegated_cgroup: group, ..host(Root) }, None).unwrap();
    assert_eq!((plan.config, plan.controllers), (own, vec![]));
}

#[test]
fn a_user_goes_without_what_takes_root_and_is_told() {
    let Plan { config, dropped, subordinate, controllers, .. } = Plan::new(config(), &host(Rootless), None).unwrap();
    assert_eq!(config["linux"].get("resources"), None);
    assert_eq!(config["process"].get("oomScoreAdj"), None);
    assert_eq!(config["mounts"][0]["options"], json!(["nosuid"]));
    assert_eq!(config["process"]["user"], json!({ "uid": 5, "gid": 6, "umask": 18 }));
    assert_eq!(config["linux"]["uidMappings"], json!([{ "containerID": 5, "hostID": 0, "size": 1 }]));
    assert_eq!(config["linux"]["gidMappings"], json!([{ "containerID": 6, "hostID": 0, "size": 1 }]));
    assert_eq!(config["linux"]["namespaces"], json!([{ "type": "mount" }, { "type": "user" }]));
    assert_eq!(
        dropped,
        [
            "memory and pids limits dropped: they need root or a delegated cgroup",
            "process.oomScoreAdj dropped: a value below 0 needs root",
            "process.user.additionalGids dropped: they need root or a grant in /etc/subgid"
        ]
    );
    assert_eq!((subordinate, controllers), (None, vec![]));
}

#[test]
fn what_is_no_object_is_named() {
    for (name, value) in [("linux", json!([])), ("root", json!("x"))] {
        let mut config = config();
        config[name] = value;
        let error = Plan::new(config, &host(Rootless), None).unwrap_err();
        assert_eq!(error.to_string(), format!("config.json: '{name}' is not an object"));
    }
    // Both may be left out of what is run somewhere.
    assert!(Plan::new(RuntimeConfig::from(json!({ "process": {} })), &host(Rootless), None).is_ok());
}

#[test]
fn subordinate_ids_are_used_where_they_are_enough() {
    let plan = |subordinate| Plan::new(config(), &granting(subordinate), None).unwrap();
    let with = plan(Ok(granted(7)));
    assert_eq!(with.subordinate, Some(granted(7)));
    assert_eq!(with.config["process"]["user"], config()["process"]["user"]);
    assert_eq!(with.config["linux"].get("uidMappings"), None);
    assert_eq!(with.config["mounts"], config()["mounts"]);
    // Group 7 is the eighth.
    assert_eq!(plan(Ok(granted(6))).subordinate, None);
}

#[test]
fn subordinate_ids_are_used_where_they_are_needed() {
    let mut root = config();
    root["process"]["user"] = json!({ "uid": 0, "gid": 0 });
    let plan = |config| Plan::new(config, &granting(Ok(granted(9))), None).unwrap();
    assert_eq!(plan(root.clone()).subordinate, None);
    root["process"]["capabilities"] = json!({ "bounding": ["CAP_KILL", "CAP_SETUID"] });
    assert_eq!(plan(root).subordinate, Some(granted(9)));
}

#[test]
fn a_user_namespace_gets_the_ids_that_there_are() {
    let mut asked = config();
    asked["process"]["user"] = json!({ "uid": 12, "gid": 0 });
    asked["linux"]["namespaces"] = json!([{ "type": "user" }]);
    for side in ["uidMappings", "gidMappings"] {
        asked["linux"][side] = json!([
            { "containerID": 0, "hostID": 100_000, "size": 5 }, { "containerID": 10, "hostID": 7, "size": 5 },
        ]);
    }
    let plan = |subordinate| Plan::new(asked.clone(), &granting(subordinate), None).unwrap();
    let said = |plan: &Plan| plan.dropped.iter().filter(|line| line.contains("Mappings")).count();

    let all = plan(Ok(granted(9)));
    assert_eq!(
        all.config["linux"]["uidMappings"],
        json!([
            { "containerID": 0, "hostID": 0, "size": 1 },
            { "containerID": 1, "hostID": 1, "size": 4 },
            { "containerID": 10, "hostID": 5, "size": 5 },
        ])
    );
    assert_eq!(said(&all), 0);

    let most = plan(Ok(granted(7)));
    assert_eq!(most.config["linux"]["uidMappings"][2], json!({ "containerID": 10, "hostID": 5, "size": 3 }));
    assert_eq!(said(&most), 2);

    let one = plan(none());
    assert_eq!(one.config["linux"]["uidMappings"], json!([{ "containerID": 12, "hostID": 0, "size": 1 }]));
    assert_eq!(one.config["linux"]["gidMappings"], json!([{ "containerID": 0, "hostID": 0, "size": 1 }]));
    assert_eq!(one.config["mounts"][0]["options"], json!(["nosuid"]));
    assert_eq!(said(&one), 2);
}

fn kept(uid: u64, keep: &str, subordinate: Result<SubordinateIds, NoSubordinateIds>) -> Result<Plan> {
    let mut config = config();
    config["process"]["user"] = json!({ "uid": uid, "gid": uid });
    Plan::new(config, &granting(subordinate), Some(keep.parse().unwrap()))
}

#[test]
fn the_containers_user_can_be_the_caller() {
    let map = |first: u64, outside: u64, size: u64| json!({ "containerID": first, "hostID": outside, "size": size });
    let with = kept(1000, "keep-id", Ok(granted(65536))).unwrap();
    assert_eq!(with.subordinate, Some(granted(65536)));
    let maps = json!([map(1000, 0, 1), map(0, 1, 1000), map(1001, 1001, 64536)]);
    assert_eq!((&with.config["linux"]["uidMappings"], &with.config["linux"]["gidMappings"]), (&maps, &maps));
    assert_eq!(with.config["linux"]["namespaces"], json!([{ "type": "mount" }, { "type": "user" }]));
    // Group 5 is there.
    assert_eq!(with.config["mounts"], config()["mounts"]);

    let alone = kept(1000, "keep-id", none()).unwrap();
    assert_eq!((&alone.subordinate, &alone.config["linux"]["uidMappings"]), (&None, &json!([map(1000, 0, 1)])));
    // RootDir of a container is the caller anyway.
    let root = kept(0, "keep-id", Ok(granted(9))).unwrap();
    assert_eq!((&root.subordinate, root.config["linux"].get("uidMappings")), (&Some(granted(9)), None));
    // The caller is one user, and the process another.
    let other = kept(3, "keep-id:uid=5,gid=6", Ok(granted(9))).unwrap();
    assert_eq!(other.config["linux"]["uidMappings"], json!([map(5, 0, 1), map(0, 1, 5), map(6, 6, 4)]));
    assert_eq!(other.config["linux"]["gidMappings"], json!([map(6, 0, 1), map(0, 1, 6), map(7, 7, 3)]));
    assert_eq!(
        kept(3, "keep-id:uid=5", none()).unwrap_err().to_string(),
        "--userns: the container runs as 3:3, and only the kept user 5:3 exists here; ask root"
    );
}

#[test]
fn a_kept_user_is_in_the_user_namespace_of_the_bundle() {
    let mut asked = config();
    asked["process"]["user"] = json!({ "uid": 7, "gid": 7 });
    asked["linux"]["namespaces"] = json!([{ "type": "user" }]);
    for side in ["uidMappings", "gidMappings"] {
        asked["linux"][side] = json!([{ "containerID": 0, "hostID": 100_000, "size": 10 }]);
    }
    let host = granting(Ok(granted(9)));
    let plan = Plan::new(asked, &host, Some(KeepId::default())).unwrap();
    let maps = json!([
        { "containerID": 7, "hostID": 0, "size": 1 },
        { "containerID": 0, "hostID": 1, "size": 7 },
        { "containerID": 8, "hostID": 8, "size": 2 },
    ]);
    assert_eq!(plan.config["linux"]["uidMappings"], maps);
    assert_eq!(plan.config["linux"]["namespaces"], json!([{ "type": "user" }]));
}

#[test]
fn root_keeps_no_id() {
    let error = Plan::new(config(), &host(Root), Some(KeepId::default())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "--userns=keep-id is for ordinary users: root's containers have the host's ids; leave it out"
    );
}

#[test]
fn what_ids_are_needed_for_and_not_there_is_said() {
    let said = |capabilities: Value, subordinate, groups: &[u32]| {
        let mut config = config();
        config["process"] = json!({ "user": { "uid": 0, "gid": 0 }, "capabilities": capabilities });
        config["linux"]["resources"] = json!({});
        let host = Host { caller: Caller { subordinate, groups: groups.to_vec() }, ..host(Rootless) };
        Plan::new(config, &host, None).unwrap().dropped
    };
    let chown = || json!({ "bounding": ["CAP_CHOWN"] });
    let refused = || Err(NoSubordinateIds::Refused("newuidmap is ill".to_owned()));
    let none_said: [&str; 0] = [];
    assert_eq!(said(json!({}), none(), &[]), none_said);
    assert_eq!(said(json!({}), refused(), &[]), none_said);
    assert_eq!(said(chown(), Ok(granted(9)), &[5]), none_said);
    assert_eq!(
        said(chown(), none(), &[]),
        ["changing owners or users fails in the container: it has only your own user and group; ask root"]
    );
    let ill = "the container has only your own user and group: newuidmap is ill";
    assert_eq!(said(chown(), refused(), &[]), [ill]);
    // SubordinateIds groups are needed to leave these.
    let stay = "the container keeps your supplementary groups 5, 6: leaving them needs root or a grant in /etc/subgid";
    assert_eq!(said(json!({}), refused(), &[5, 6]), [ill, stay]);
    assert_eq!(said(json!({}), none(), &[5, 6]), [stay]);
    assert_eq!(said(json!({}), Ok(granted(9)), &[5, 6]), none_said);
}

#[test]
fn limits_hold_where_a_cgroup_is_delegated() {
    let plan = |delegated_cgroup| Plan::new(config(), &Host { delegated_cgroup, ..host(Rootless) }, None).unwrap();
    let all = plan(Some(group(&["memory", "pids"], false)));
    assert_eq!(all.config["linux"]["resources"], json!({ "memory": { "limit": 1 }, "pids": { "limit": 1 } }));
    assert_eq!(all.config["linux"]["cgroupsPath"], "/of/user/it");
    assert_eq!(all.controllers, ["memory", "pids"]);

    let one = plan(Some(group(&["pids"], false)));
    assert_eq!(one.config["linux"]["resources"], json!({ "pids": { "limit": 1 } }));
    assert_eq!(one.dropped[0], "memory limits dropped: the delegated cgroup '/of/user' lacks their controllers");

    let shared = plan(Some(group(&["memory", "pids"], true)));
    assert_eq!(shared.config["linux"].get("cgroupsPath"), None);
    assert_eq!(
        shared.dropped[0],
        "memory and pids limits dropped: other processes are in the delegated cgroup '/of/user'"
    );
}

#[test]
fn a_host_without_sys_has_none_to_give() {
    let config = json!({
        "process": { "user": { "uid": 0, "gid": 0 } },
        "linux": { "namespaces": [{ "type": "mount" }, { "type": "pid" }] },
        "mounts": [{ "destination": "/sys", "type": "sysfs", "source": "sysfs" }],
    });
    for (has_sys, mounts) in [(true, 1), (false, 0)] {
        let host = Host { has_sys, ..host(Rootless) };
        let plan = Plan::new(RuntimeConfig::from(config.clone()), &host, None).unwrap();
        assert_eq!(plan.config.mounts().len(), mounts, "{:?}", plan.config.mounts());
        assert_eq!(plan.dropped.iter().any(|line| line == "/sys dropped: this host has none"), !has_sys);
    }
}
