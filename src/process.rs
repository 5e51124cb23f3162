//! The arguments about the container's process (OCI runtime spec, config.md, "Process").

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::field::{Field, Mistake};
use crate::path::ContainerPath;

/// What the process finds in its environment, by name; `None` leaves a default out.
pub type Environment = BTreeMap<String, Option<String>>;

/// The user that the process runs as (config.md, "User").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The numeric user.
    pub uid: u32,
    /// The numeric group.
    pub gid: u32,
    /// More groups, as the user wrote them.
    pub additional_gids: Vec<u32>,
    /// The file mode creation mask.
    pub umask: Option<u32>,
}

impl User {
    /// Decodes the argument `user`.
    ///
    /// # Errors
    /// A [`Mistake`] at the attribute that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, Mistake> {
        field.only(&["uid", "gid", "additionalGids", "umask"], "attribute of a user")?;
        let id = |name| field.get(name)?.map(|id| id.unsigned()).transpose();
        let uid = id("uid")?.unwrap_or(0);
        let additional_gids = match field.get("additionalGids")? {
            Some(gids) => gids.list()?.iter().map(Field::unsigned).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let umask = field.get("umask")?.map(|umask| decode_umask(&umask)).transpose()?;
        Ok(Self { uid, gid: id("gid")?.unwrap_or(uid), additional_gids, umask })
    }

    /// The object `process.user` of config.json.
    pub fn document(&self) -> Value {
        let mut user = Map::from_iter([("uid".to_owned(), json!(self.uid)), ("gid".to_owned(), json!(self.gid))]);
        if !self.additional_gids.is_empty() {
            user.insert("additionalGids".to_owned(), json!(self.additional_gids));
        }
        if let Some(umask) = self.umask {
            user.insert("umask".to_owned(), json!(umask));
        }
        Value::Object(user)
    }
}

/// A mask is octal digits, as umask(1) takes them: Nix has no octal numbers, so a number would mislead.
fn decode_umask(field: &Field<'_>) -> Result<u32, Mistake> {
    let text = field.string().unwrap_or_default();
    match u32::from_str_radix(text, 8) {
        Ok(umask) if umask <= 0o777 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(umask),
        _ => Err(field.unwanted("a string of octal digits, such as \"0022\"")),
    }
}

/// Decodes the argument `env`: an attribute set, or a list of `NAME=value`.
///
/// # Errors
/// A [`Mistake`] at the variable that is wrong.
pub fn decode_environment(field: &Field<'_>) -> Result<Environment, Mistake> {
    let mut environment = Environment::new();
    if let Ok(list) = field.list() {
        for entry in list {
            let text = entry.string()?;
            let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                return Err(entry.unwanted("\"NAME=value\""));
            };
            if environment.insert(name.to_owned(), Some(value.to_owned())).is_some() {
                return Err(Mistake::new(entry.path(), format!("{name} is set twice; leave one of them out")));
            }
        }
        return Ok(environment);
    }
    let attributes =
        field.attributes().map_err(|_| field.unwanted("an attribute set of strings, or a list of \"NAME=value\""))?;
    for (name, value) in attributes {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(Mistake::new(value.path(), "the name of a variable is not empty and has no '='"));
        }
        let value = if value.is_null() { None } else { Some(value.string()?.to_owned()) };
        environment.insert(name.to_owned(), value);
    }
    Ok(environment)
}

/// Decodes the argument `cwd`.
///
/// # Errors
/// A [`Mistake`] if it is not absolute.
pub fn decode_cwd(field: &Field<'_>) -> Result<ContainerPath, Mistake> {
    ContainerPath::parse(field.string()?, "the working directory").map_err(|reason| Mistake::new(field.path(), reason))
}

/// The longest host name that Linux takes (sethostname(2)), in bytes.
pub const LONGEST_HOSTNAME: usize = 64;

/// Decodes the argument `hostname`.
///
/// # Errors
/// A [`Mistake`] if Linux would not take it.
pub fn decode_hostname(field: &Field<'_>) -> Result<String, Mistake> {
    let name = field.string()?;
    if name.is_empty() || name.len() > LONGEST_HOSTNAME {
        return Err(field.unwanted(&format!("a name of 1 to {LONGEST_HOSTNAME} bytes")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_a_set_or_a_list() {
        let set = json!({ "A": "1", "B": "x=y", "PATH": null });
        let list = json!(["B=x=y", "A="]);
        let expect = |entries: &[(&str, Option<&str>)]| -> Environment {
            entries.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect()
        };
        assert_eq!(
            decode_environment(&Field::root(&set)).unwrap(),
            expect(&[("A", Some("1")), ("B", Some("x=y")), ("PATH", None)])
        );
        assert_eq!(decode_environment(&Field::root(&list)).unwrap(), expect(&[("A", Some("")), ("B", Some("x=y"))]));
    }

    #[test]
    fn a_user_has_a_group_of_the_same_number_unless_said_otherwise() {
        let user = User::decode(&Field::root(&json!({ "uid": 1000 }))).unwrap();
        assert_eq!(user.document(), json!({ "uid": 1000, "gid": 1000 }));
        let all = json!({ "uid": 1000, "gid": 100, "additionalGids": [5, 6], "umask": "0027" });
        let user = User::decode(&Field::root(&all)).unwrap();
        assert_eq!(user.document(), json!({ "uid": 1000, "gid": 100, "additionalGids": [5, 6], "umask": 0o27 }));
    }
}
