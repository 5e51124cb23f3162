//! The users and groups that a bundle has names for, in its own `/etc/passwd` and `/etc/group`, and who `--user` means.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::user_option::{UserOption, Who};
use crate::runner::files::RootDir;
use oci_bundle_builder::plan::diagnostics::LAST_ID;

/// The longest of these files that is read.
const LONGEST: u64 = 1 << 20;

/// The text of the two files; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    passwd: String,
    group: String,
}

/// A line of passwd(5).
struct Account<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

impl Accounts {
    /// Those of a root file system.
    pub fn read(root: &RootDir) -> Self {
        let read = |path| root.read(path, LONGEST).unwrap_or_default();
        Self { passwd: read("etc/passwd"), group: read("etc/group") }
    }

    /// The object `process.user` of who is asked for. A user by number has the group of the same number, as the argument
    /// `user` has it; one by name has the groups that the bundle says.
    ///
    /// # Errors
    /// A name that the bundle does not have.
    pub fn find(&self, asked: &UserOption) -> Result<Value> {
        let missing = |name: &str, file| {
            anyhow!("--user: found '{name}', which is not in the bundle's {file}; want one that is, or a number")
        };
        let account = match &asked.user {
            Who::Id(_) => None,
            Who::Name(name) => Some(
                self.accounts()
                    .find(|account| account.name == name.as_str())
                    .ok_or_else(|| missing(name, "/etc/passwd"))?,
            ),
        };
        let uid = match (&asked.user, &account) {
            (_, Some(account)) => account.uid,
            (Who::Id(uid), None) => *uid,
            (Who::Name(_), None) => unreachable!("a name is an account or an error"),
        };
        let gid = match &asked.group {
            Some(Who::Id(gid)) => *gid,
            Some(Who::Name(name)) => {
                let mut groups = self.groups();
                groups.find(|(group, ..)| group == name).ok_or_else(|| missing(name, "/etc/group"))?.1
            }
            None => account.as_ref().map_or(uid, |account| account.gid),
        };
        let mut user = json!({ "uid": uid, "gid": gid });
        if let (Some(account), None) = (account, &asked.group) {
            let is_member = |members: &str| members.split(',').any(|member| member == account.name);
            let mut more: Vec<u32> = self
                .groups()
                .filter(|(_, id, members)| *id != gid && is_member(members))
                .map(|(_, id, _)| id)
                .collect();
            more.dedup();
            if !more.is_empty() {
                user["additionalGids"] = json!(more);
            }
        }
        Ok(user)
    }

    /// The home directory of a user.
    pub fn home(&self, uid: u64) -> Option<&str> {
        self.accounts().find(|account| u64::from(account.uid) == uid).map(|account| account.home)
    }

    fn accounts(&self) -> impl Iterator<Item = Account<'_>> {
        self.passwd.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, _, home, ..] = fields[..] else { return None };
            let (uid, gid) = (id(uid)?, id(gid)?);
            (!name.is_empty()).then_some(Account { name, uid, gid, home })
        })
    }

    fn groups(&self) -> impl Iterator<Item = (&str, u32, &str)> {
        self.group.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid, members] = fields[..] else { return None };
            Some((name, id(gid)?, members))
        })
    }
}

fn id(text: &str) -> Option<u32> {
    text.parse().ok().filter(|id| *id <= LAST_ID)
}

#[cfg(test)]
mod tests;
