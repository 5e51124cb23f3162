//! The user that `--user` asks for.

use std::str::FromStr;

use oci_bundle_builder::plan::diagnostics::LAST_ID;

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
