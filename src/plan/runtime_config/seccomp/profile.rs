//! A filter that the user gives: in the format of the specification, or in Docker's, which has conditions too.

use serde_json::{Map, Value, json};

use super::condition::{Condition, Target};
use crate::plan::diagnostics::{ArgumentError, AttrPath, Field};

const WANT: &str = "a seccomp filter, such as builtins.fromJSON (builtins.readFile ./profile.json)";

/// The fields of both formats; `defaultErrno` and `errno` are Podman's.
const FIELDS: [&str; 9] = [
    "defaultAction",
    "defaultErrnoRet",
    "defaultErrno",
    "architectures",
    "archMap",
    "flags",
    "listenerPath",
    "listenerMetadata",
    "syscalls",
];
const FIELDS_OF_RULES: [&str; 9] =
    ["names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes"];

/// Errors by name, for filters that do not give the number as well; source: errno(3), and asm-generic's numbers.
const ERRORS: [(&str, u32); 10] = [
    ("EPERM", 1),
    ("ENOENT", 2),
    ("EAGAIN", 11),
    ("EACCES", 13),
    ("EINVAL", 22),
    ("ENOTTY", 25),
    ("ENOSYS", 38),
    ("EOPNOTSUPP", 95),
    ("ENOTSUP", 95),
    ("EAFNOSUPPORT", 97),
];

/// A filter, and when each of its rules counts.
pub struct Profile {
    /// In the format of the specification, with every rule.
    pub document: Value,
    /// For each rule.
    conditions: Vec<Condition>,
    /// Where the user wrote what stands elsewhere in the document.
    pub origins: Vec<(AttrPath, AttrPath)>,
}

impl Profile {
    /// Translates a filter for this architecture: `at` is where its document will stand. Whether the values are the
    /// specification's is checked there.
    ///
    /// # Errors
    /// An [`ArgumentError`] in what is Docker's.
    pub fn decode(field: &Field<'_>, target: &Target<'_>, at: &AttrPath) -> Result<Self, ArgumentError> {
        if field.attributes().is_err() {
            return Err(field.unwanted(WANT));
        }
        field.only(&FIELDS, "field of a seccomp filter")?;
        let mut document = without(field, &["archMap", "defaultErrno", "syscalls"]);
        error_number(field, "defaultErrno", "defaultErrnoRet", &mut document)?;
        let mut origins = Vec::new();
        if let Some(map) = field.get("archMap")? {
            if let Some(both) = field.get("architectures")? {
                return Err(ArgumentError::new(
                    both.path(),
                    format!("found beside {}; leave one of them out", map.path()),
                ));
            }
            for (index, (name, origin)) in architectures(&map, target)?.into_iter().enumerate() {
                origins.push((at.attribute("architectures").element(index), origin));
                let list = document.entry("architectures").or_insert_with(|| json!([]));
                list.as_array_mut().expect("it was made here").push(name);
            }
        }
        let mut conditions = Vec::new();
        if let Some(rules) = field.get("syscalls")? {
            let mut translated = Vec::new();
            for rule in rules.list()? {
                conditions.push(Condition::decode(&rule)?);
                translated.push(translate(&rule)?);
            }
            document.insert("syscalls".to_owned(), translated.into());
        }
        origins.push((at.clone(), field.path().clone()));
        Ok(Self { document: document.into(), conditions, origins })
    }

    /// Leaves the rules that count.
    pub fn resolve(&self, filter: &mut Value, target: &Target<'_>) {
        if let Some(rules) = filter.get_mut("syscalls").and_then(Value::as_array_mut) {
            let mut conditions = self.conditions.iter();
            rules.retain(|_| conditions.next().is_none_or(|condition| condition.holds(target)));
        }
    }
}

/// The attributes but for some. A null is nothing, as in Go, which writes them for empty lists.
fn without(field: &Field<'_>, names: &[&str]) -> Map<String, Value> {
    let attributes = field.value().as_object().into_iter().flatten();
    let rest = attributes.filter(|(name, value)| !value.is_null() && !names.contains(&name.as_str()));
    rest.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The native architecture and those that its entry adds, each with where it was written; none if there is no entry, which
/// leaves a runtime its own.
fn architectures(map: &Field<'_>, target: &Target<'_>) -> Result<Vec<(Value, AttrPath)>, ArgumentError> {
    let mut found = Vec::new();
    for entry in map.list()? {
        entry.only(&["architecture", "subArchitectures"], "field of an architecture")?;
        let Some(native) = entry.get("architecture")? else {
            return Err(ArgumentError::new(
                &entry.path().attribute("architecture"),
                "missing; want an architecture, such as \"SCMP_ARCH_X86_64\"",
            ));
        };
        let mut names = vec![native.clone()];
        names.extend(entry.get("subArchitectures")?.map_or(Ok(Vec::new()), |others| others.list())?);
        names.iter().try_for_each(|name| name.string().map(drop))?;
        if target.architecture.and_then(|architecture| architecture.in_filter) == native.value().as_str() {
            found = names.iter().map(|name| (name.value().clone(), name.path().clone())).collect();
        }
    }
    Ok(found)
}

/// One rule in the format of the specification.
fn translate(rule: &Field<'_>) -> Result<Value, ArgumentError> {
    rule.only(&FIELDS_OF_RULES, "field of a rule")?;
    let mut translated = without(rule, &["name", "comment", "includes", "excludes", "errno"]);
    error_number(rule, "errno", "errnoRet", &mut translated)?;
    if let Some(name) = rule.get("name")?.filter(|name| name.value() != "") {
        if let Some(names) = rule.get("names")?.filter(|names| names.value() != &json!([])) {
            return Err(ArgumentError::new(
                name.path(),
                format!("found beside {}; leave one of them out", names.path()),
            ));
        }
        translated.insert("names".to_owned(), json!([name.string()?]));
    }
    Ok(translated.into())
}

/// The number of an error that is there by name alone.
fn error_number(
    field: &Field<'_>,
    name: &str,
    number: &str,
    document: &mut Map<String, Value>,
) -> Result<(), ArgumentError> {
    let Some(error) = field.get(name)?.filter(|error| error.value() != "") else { return Ok(()) };
    if document.contains_key(number) {
        return Ok(());
    }
    let text = error.string()?;
    let Some((_, known)) = ERRORS.iter().find(|(name, _)| *name == text) else {
        let want =
            format!("one of {}, or the number of any other error as {number}", ERRORS.map(|(name, _)| name).join(", "));
        return Err(error.unwanted(&want));
    };
    document.insert(number.to_owned(), json!(known));
    Ok(())
}
