//! The argument `user`: who the container's process runs as (OCI runtime spec, config.md, "User").

use serde_json::{Map, Value, json};

use crate::plan::definition::container_path::ContainerPath;
use crate::plan::diagnostics::{ArgumentError, Field};

/// The user that owns nothing, by custom of every distribution.
pub const NOBODY: u32 = 65534;

/// The user that the process runs as.
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
    /// The name in /etc/passwd and /etc/group; `None` for the usual one.
    pub name: Option<String>,
    /// The home directory; `None` for the usual one.
    pub home: Option<ContainerPath>,
}

impl User {
    /// Decodes the argument `user`.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the attribute that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        field.only(&["uid", "gid", "additionalGids", "umask", "name", "home"], "attribute of a user")?;
        let id = |name| field.get(name)?.map(|id| id.id()).transpose();
        let uid = id("uid")?.unwrap_or(0);
        let additional_gids = match field.get("additionalGids")? {
            Some(gids) => gids.list()?.iter().map(Field::id).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self {
            uid,
            gid: id("gid")?.unwrap_or(uid),
            additional_gids,
            umask: field.get("umask")?.map(|umask| decode_umask(&umask)).transpose()?,
            name: field.get("name")?.map(|name| decode_name(&name, uid)).transpose()?,
            home: field.get("home")?.map(|home| decode_home(&home)).transpose()?,
        })
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

    /// The same user with the ids of the object `process.user`, as far as that one is sound.
    #[must_use]
    pub fn with_ids(&self, user: &Value) -> Self {
        let number = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
        let gids = user["additionalGids"].as_array();
        Self {
            uid: number(&user["uid"]).unwrap_or(self.uid),
            gid: number(&user["gid"]).unwrap_or(self.gid),
            additional_gids: gids.into_iter().flatten().filter_map(number).collect(),
            ..self.clone()
        }
    }

    /// The name in /etc/passwd.
    pub fn name(&self) -> &str {
        match (&self.name, self.uid) {
            (Some(name), _) => name,
            (None, 0) => "root",
            (None, NOBODY) => "nobody",
            (None, _) => "user",
        }
    }

    /// The home directory.
    pub fn home(&self) -> ContainerPath {
        let usual = || match self.uid {
            0 => "/root".to_owned(),
            NOBODY => "/var/empty".to_owned(),
            _ => format!("/home/{}", self.name()),
        };
        self.home.clone().unwrap_or_else(|| ContainerPath::from_valid(&usual()))
    }

    /// Whose a directory is that nobody says anything of: this user's own home, or root's.
    pub fn owner_of(&self, path: &ContainerPath) -> (u32, u32) {
        // The last one is empty, for everybody.
        let is_own = *path == self.home() && *path != ContainerPath::root() && path.as_path() != "/var/empty";
        if is_own { (self.uid, self.gid) } else { (0, 0) }
    }
}

/// A mask is octal digits, as umask(1) takes them: Nix has no octal numbers, so a number would mislead.
fn decode_umask(field: &Field<'_>) -> Result<u32, ArgumentError> {
    field.octal(0o777, "a string of octal digits, such as \"0022\"")
}

/// As useradd(8) wants it.
fn decode_name(field: &Field<'_>, uid: u32) -> Result<String, ArgumentError> {
    let name = field.string()?;
    let sound = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
        && name.len() <= 32;
    if !sound {
        return Err(field.unwanted(
            "a name of at most 32 lower-case letters, digits, '_' and '-', which starts with a letter or '_'",
        ));
    }
    match (name, uid) {
        ("root", 0) | ("nobody", NOBODY) => Ok(name.to_owned()),
        ("root" | "nobody", _) => Err(ArgumentError::new(
            field.path(),
            format!("found \"{name}\", which is not the name of user {uid}; choose another one"),
        )),
        (_, 0 | NOBODY) => {
            let known = if uid == 0 { "root" } else { "nobody" };
            Err(ArgumentError::new(field.path(), format!("the user {uid} is always \"{known}\"; leave the name out")))
        }
        _ => Ok(name.to_owned()),
    }
}

fn decode_home(field: &Field<'_>) -> Result<ContainerPath, ArgumentError> {
    let home = field.string()?;
    if home.contains([':', '\n']) {
        return Err(field.unwanted("a path without ':' or line feeds, which /etc/passwd cannot hold"));
    }
    ContainerPath::parse(home, "a home directory").map_err(|reason| ArgumentError::new(field.path(), reason))
}

#[cfg(test)]
mod tests;
