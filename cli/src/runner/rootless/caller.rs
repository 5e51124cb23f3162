//! Who runs a container without root.

use rustix::process::{getegid, geteuid};

use super::groups;
use super::subid::{NoSubordinateIds, SubordinateIds};

/// The ids that the caller has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Ids beside the own one, or why there are none; root needs none.
    pub subordinate: Result<SubordinateIds, NoSubordinateIds>,
    /// The groups beside the own one.
    pub groups: Vec<u32>,
}

impl Caller {
    /// The user of this process.
    pub fn detect() -> Self {
        let user = geteuid();
        let subordinate = if user.is_root() {
            SubordinateIds::of_user_namespace()
        } else {
            SubordinateIds::for_user(user.as_raw(), getegid().as_raw())
        };
        Self { subordinate, groups: groups::supplementary() }
    }
}
