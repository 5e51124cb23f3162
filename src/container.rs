//! The arguments of `buildContainer`, decoded.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::field::{Field, Mistake};
use crate::mount::{Destination, Mount};
use crate::platform;

/// The arguments' names. nix/arguments.nix has the same list, with the shapes that Nix can check early.
const ARGUMENTS: [&str; 6] = ["arch", "args", "mounts", "name", "os", "readonly"];

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The command and its arguments; never empty.
    pub args: Vec<String>,
    /// What to mount beside the defaults, or instead of one; `None` drops one.
    pub mounts: BTreeMap<Destination, Option<Mount>>,
    /// Whether the container's root is read-only.
    pub readonly: bool,
}

impl Container {
    /// Decodes the arguments of a container for `system`, a Nix system such as `x86_64-linux`.
    ///
    /// # Errors
    /// The first [`Mistake`] in the order of the attributes' names.
    pub fn decode(arguments: &Value, system: &str) -> Result<Self, Mistake> {
        let root = Field::root(arguments);
        root.only(&ARGUMENTS, "argument")?;
        if let Some(arch) = root.get("arch")? {
            platform::check_arch(&arch, system)?;
        }
        let container = Self {
            args: decode_args(&root)?,
            mounts: root.get("mounts")?.map_or(Ok(BTreeMap::new()), |mounts| decode_mounts(&mounts))?,
            readonly: root.get("readonly")?.map_or(Ok(false), |readonly| readonly.boolean())?,
        };
        if let Some(os) = root.get("os")? {
            platform::check_os(&os, system)?;
        }
        Ok(container)
    }
}

fn decode_args(root: &Field<'_>) -> Result<Vec<String>, Mistake> {
    const WANT: &str = "the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]";
    let Some(field) = root.get("args")? else {
        return Err(Mistake::new(&root.path().attribute("args"), format!("missing; want {WANT}")));
    };
    match field.list() {
        Ok(list) if list.is_empty() => Err(field.unwanted(WANT)),
        Ok(_) => field.strings(),
        Err(_) => Err(field.unwanted(&format!("a list: {WANT}"))),
    }
}

fn decode_mounts(field: &Field<'_>) -> Result<BTreeMap<Destination, Option<Mount>>, Mistake> {
    let mut mounts = BTreeMap::new();
    let mut written = BTreeMap::new();
    for (name, entry) in field.attributes()? {
        let destination = Destination::parse(name).map_err(|problem| Mistake::new(entry.path(), problem))?;
        if let Some(first) = written.insert(destination.clone(), entry.path().clone()) {
            return Err(Mistake::new(entry.path(), format!("the same destination as {first}; leave one of them out")));
        }
        let mount = if entry.is_null() { None } else { Some(Mount::decode(&entry)?) };
        mounts.insert(destination, mount);
    }
    Ok(mounts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(arguments: &Value) -> Result<Container, String> {
        Container::decode(arguments, "x86_64-linux").map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn only_the_command_is_needed() {
        let container = decode(&json!({"args": ["/bin/x", ""], "mounts": null, "readonly": null})).unwrap();
        assert_eq!(
            container,
            Container { args: vec!["/bin/x".into(), String::new()], mounts: BTreeMap::new(), readonly: false }
        );
    }

    #[test]
    fn a_call_for_nixpkgs_means_the_same_here() {
        let container = decode(&json!({
            "args": ["/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-run.sh"],
            "mounts": {"/data": {"type": "none", "source": "/var/lib/mydata", "options": ["bind"]}},
            "os": "linux", "arch": "x86_64", "readonly": false,
        }))
        .unwrap();
        let mount = container.mounts[&Destination::parse("/data").unwrap()].as_ref().unwrap();
        assert_eq!((mount.kind.as_str(), mount.source.as_str()), ("none", "/var/lib/mydata"));
    }

    #[test]
    fn null_drops_a_mount() {
        let container = decode(&json!({"args": ["x"], "mounts": {"/dev/mqueue": null}})).unwrap();
        assert_eq!(container.mounts, BTreeMap::from([(Destination::parse("/dev/mqueue").unwrap(), None)]));
    }

    #[test]
    fn every_mistake_names_the_attribute_and_what_is_wanted() {
        let mounts = |mounts: Value| json!({"args": ["x"], "mounts": mounts});
        for (arguments, message) in [
            (json!([]), "found an empty list, want an attribute set"),
            (json!({}), "args: missing; want the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]"),
            (
                json!({"args": []}),
                "args: found an empty list, want the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]",
            ),
            (
                json!({"args": "sh -c true"}),
                "args: found the string \"sh -c true\", want a list: the command and its arguments, such as \
                 [ \"${pkgs.hello}/bin/hello\" ]",
            ),
            (json!({"args": ["x", 3]}), "args[1]: found 3 (an integer), want a string"),
            (json!({"args": ["a\0b"]}), "args[0]: found a NUL character, which no argument or path can hold"),
            (json!({"args": ["x"], "mount": {}}), "mount: no such argument (did you mean 'mounts'?)"),
            (
                json!({"args": ["x"], "volumes": {}}),
                "volumes: no such argument (there are: arch, args, mounts, name, os, readonly)",
            ),
            (json!({"args": ["x"], "readonly": "yes"}), "readonly: found the string \"yes\", want true or false"),
            (
                json!({"args": ["x"], "arch": "arm64"}),
                "arch: found the string \"arm64\", want \"x86_64\", as the packages are for x86_64-linux; leave it \
                 out, or take the packages of another system",
            ),
            (mounts(json!(["/a"])), "mounts: found a list of 1, want an attribute set"),
            (
                mounts(json!({"data": "/d"})),
                "mounts.data: a mount's destination is an absolute path; did you mean \"/data\"?",
            ),
            (
                mounts(json!({"/a/../b": "/d"})),
                "mounts.\"/a/../b\": a mount's destination has no '..'; write the path that is meant",
            ),
            (
                mounts(json!({"//": "/d"})),
                "mounts.\"//\": a mount on \"/\" would hide the container's program; name a directory below it",
            ),
            (
                mounts(json!({"/data": "/d", "/data/": "/e"})),
                "mounts.\"/data/\": the same destination as mounts.\"/data\"; leave one of them out",
            ),
            (
                mounts(json!({"/data": 5})),
                "mounts.\"/data\": found 5 (an integer), want the path of a directory or file, { type, source, \
                 options }, or null",
            ),
            (
                mounts(json!({"/data": ""})),
                "mounts.\"/data\": found the string \"\", want the path of a directory or file on the host",
            ),
            (
                mounts(json!({"/data": {"source": "/d", "option": ["ro"]}})),
                "mounts.\"/data\".option: no such attribute of a mount (did you mean 'options'?)",
            ),
            (
                mounts(json!({"/data": {"source": "/d", "options": "ro"}})),
                "mounts.\"/data\".options: found the string \"ro\", want a list",
            ),
            (
                mounts(json!({"/data": {"type": "bind"}})),
                "mounts.\"/data\".source: a bind mount needs the host's path here, such as \"/srv/data\"",
            ),
            (
                mounts(json!({"/data": {"options": ["ro"]}})),
                "mounts.\"/data\".type: missing; want a file system such as \"tmpfs\", or a 'source' for a bind mount",
            ),
            (
                mounts(json!({"/data": {"source": "/d", "mountPoint": "dir"}})),
                "mounts.\"/data\".mountPoint: found the string \"dir\", want \"directory\" or \"file\"",
            ),
        ] {
            assert_eq!(decode(&arguments), Err(format!("buildContainer: {message}")), "{arguments}");
        }
    }
}
