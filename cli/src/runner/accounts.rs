//! The users and groups that a bundle has names for, in its own `/etc/passwd` and `/etc/group`, and who `--user` means.

use std::str::FromStr;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::root::Root;
use oci_bundle_builder::plan::diagnostics::LAST_ID;

/// The longest of these files that is read.
const LONGEST: u64 = 1 << 20;

/// A user or a group, as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By number.
    Id(u32),
    /// By a name that the bundle has.
    Name(String),
}

/// What `--user` asks for: `USER` or `USER:GROUP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserOption {
    /// The user.
    pub user: Who,
    /// The group; else that of the user.
    pub group: Option<Who>,
}

impl FromStr for UserOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let who = |text: &str| match text.parse() {
            Ok(id) if id <= LAST_ID => Ok(Who::Id(id)),
            // -1 in 32 bits changes nothing (setresuid(2)): the process would be root.
            _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-".contains(&byte)) => {
                Err(format!("found '{text}', want a number from 0 to {LAST_ID}, or a name"))
            }
            _ => Ok(Who::Name(text.to_owned())),
        };
        match text.split_once(':') {
            Some((user, group)) => Ok(Self { user: who(user)?, group: Some(who(group)?) }),
            None => Ok(Self { user: who(text)?, group: None }),
        }
    }
}

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
    pub fn read(root: &Root) -> Self {
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
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        let passwd = "# a comment\nroot:x:0:0::/root:/bin/sh\nbroken\nweb:x:1000:100::/srv/www:/bin/sh\n\
                      big:x:4294967295:0::/:\nbad:x:y:0::/:\n";
        let group = "root:x:0:\nusers:x:100:web\naudio:x:29:ann,web\nweber:x:30:weber\nodd\n";
        Accounts { passwd: passwd.to_owned(), group: group.to_owned() }
    }

    #[test]
    fn a_user_is_a_number_or_a_name_of_the_bundle() {
        for (asked, user) in [
            ("7", json!({ "uid": 7, "gid": 7 })),
            ("7:8", json!({ "uid": 7, "gid": 8 })),
            ("web", json!({ "uid": 1000, "gid": 100, "additionalGids": [29] })),
            ("web:5", json!({ "uid": 1000, "gid": 5 })),
            ("web:audio", json!({ "uid": 1000, "gid": 29 })),
            ("0:audio", json!({ "uid": 0, "gid": 29 })),
            ("4294967294", json!({ "uid": 4_294_967_294_u32, "gid": 4_294_967_294_u32 })),
        ] {
            assert_eq!(accounts().find(&asked.parse().unwrap()).unwrap(), user, "{asked}");
        }
    }

    #[test]
    fn what_is_neither_is_named() {
        for (asked, problem) in [
            ("ann", "--user: found 'ann', which is not in the bundle's /etc/passwd; want one that is, or a number"),
            ("big", "--user: found 'big', which is not in the bundle's /etc/passwd; want one that is, or a number"),
            (
                "0:staff",
                "--user: found 'staff', which is not in the bundle's /etc/group; want one that is, or a number",
            ),
        ] {
            assert_eq!(accounts().find(&asked.parse().unwrap()).unwrap_err().to_string(), problem);
        }
        for (asked, part) in [("", ""), ("4294967295", "4294967295"), ("-1", "-1"), ("0:", ""), (":0", "")] {
            let problem = format!("found '{part}', want a number from 0 to 4294967294, or a name");
            assert_eq!(asked.parse::<UserOption>(), Err(problem), "{asked}");
        }
    }

    #[test]
    fn every_user_of_the_bundle_has_a_home() {
        assert_eq!(accounts().home(1000), Some("/srv/www"));
        assert_eq!(accounts().home(7), None);
    }
}
