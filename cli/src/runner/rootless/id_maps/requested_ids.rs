//! The ids that a container asks for.

use serde_json::Value;

use crate::runner::overrides::KeepId;
use crate::runner::owned_files::annotated;
use crate::runner::rootless::caller::Caller;
use crate::runner::rootless::subid::SubordinateIds;
use crate::runner::runtime_config::RuntimeConfig;

/// The capabilities with which a process can have other ids than those that it starts with.
const OF_OTHER_IDS: [&str; 3] = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"];

/// What a config.json and `--userns` ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedIds {
    /// The user of the process.
    pub uid: u64,
    /// The group of the process.
    pub gid: u64,
    /// The supplementary groups of the process.
    groups: Vec<u64>,
    /// Whether files belong to others than root.
    has_owners: bool,
    /// The user and group of the container that the caller's own become.
    pub kept: Option<(u64, u64)>,
    /// Whether the container has a user namespace of its own.
    pub has_namespace: bool,
    /// Whether the process may have other ids later.
    pub may_change: bool,
}

impl RequestedIds {
    /// Reads what is asked for.
    pub fn new(config: &RuntimeConfig, keep: Option<KeepId>) -> Self {
        let user = &config["process"]["user"];
        let id = |name: &str| user[name].as_u64().unwrap_or(0);
        let (uid, gid) = (id("uid"), id("gid"));
        let groups = user["additionalGids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        Self {
            uid,
            gid,
            groups,
            has_owners: has_owners(config),
            kept: keep.map(|keep| (keep.uid.map_or(uid, u64::from), keep.gid.map_or(gid, u64::from))),
            has_namespace: config.has_user_namespace(),
            may_change: OF_OTHER_IDS.iter().any(|name| config.has_capability(name)),
        }
    }

    /// Whether the process is root, with the group of root.
    pub fn is_root(&self) -> bool {
        (self.uid, self.gid) == (0, 0)
    }

    /// Whether one id of each kind is not enough.
    pub fn needs_more(&self, caller: &Caller) -> bool {
        !self.is_root()
            || !self.groups.is_empty()
            || self.has_owners
            || self.has_namespace
            || self.may_change
            || self.kept.is_some()
            || !caller.groups.is_empty()
    }

    /// Whether subordinate ids are enough. A user namespace of the container's own takes as many as there are.
    pub fn fit(&self, subordinate: &SubordinateIds) -> bool {
        let (uids, gids) = subordinate.extents();
        let has = |extents: &[u64], id: u64, kept: Option<u64>| kept == Some(id) || id < extents.iter().sum();
        let kept_gid = self.kept.map(|(_, gid)| gid);
        let has_group = |gid: &u64| has(&gids, *gid, kept_gid);
        let has_user = has(&uids, self.uid, self.kept.map(|(uid, _)| uid));
        self.has_namespace || has_user && self.groups.iter().chain([&self.gid]).all(has_group)
    }
}

/// An annotation that is wrong is an error elsewhere.
fn has_owners(config: &RuntimeConfig) -> bool {
    let files = annotated(config).unwrap_or_default();
    let is_of_another = |option: &Value| option.as_str().is_some_and(|it| it.starts_with("uid=") && it != "uid=0");
    let mounts = config["mounts"].as_array().into_iter().flatten();
    let mut options = mounts.filter_map(|mount| mount["options"].as_array()).flatten();
    files.iter().any(|(_, attributes)| (attributes.uid, attributes.gid) != (0, 0)) || options.any(is_of_another)
}
