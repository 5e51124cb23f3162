//! A value that the user wrote, with the attribute path that leads to it, so that every mistake can be named.

use std::fmt;

use serde_json::{Map, Value};

/// The last user or group: the number after it, -1 in 32 bits, means "no change" to system calls (setresuid(2)) and is never
/// mapped (`user_namespaces(7)`).
pub const LAST_ID: u32 = u32::MAX - 1;

/// The path of an attribute, written as in Nix: `mounts."/data".options[1]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttrPath(String);

impl AttrPath {
    /// The path of the attribute `name` of this one.
    pub fn attribute(&self, name: &str) -> Self {
        let dot = if self.0.is_empty() { "" } else { "." };
        Self(format!("{}{dot}{}", self.0, attribute_name(name)))
    }

    /// The path of the element at `index` (from 0) of this list.
    pub fn element(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name as Nix wants it: bare where it is an identifier, else quoted (Nix manual, "Identifiers").
fn attribute_name(name: &str) -> String {
    let mut chars = name.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "_'-".contains(c));
    if bare { name.to_owned() } else { quoted(name) }
}

/// The string in quotes, on one line whatever it holds.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A mistake in what the user wrote: where it is, and what is wrong with it.
///
/// Its text is one line and starts with `buildContainer:`, the name the user knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    path: AttrPath,
    problem: String,
}

impl Mistake {
    /// `problem` says what was found, what is wanted, and where it helps what to try.
    pub fn new(path: &AttrPath, problem: impl Into<String>) -> Self {
        Self { path: path.clone(), problem: problem.into() }
    }

    /// The same mistake in the original, if it is in what was copied from there.
    #[must_use]
    pub fn moved(self, copy: &AttrPath, original: &AttrPath) -> Self {
        let rest = self.path.0.strip_prefix(&copy.0).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        match rest.map(|rest| AttrPath(format!("{original}{rest}"))) {
            Some(path) => Self { path, ..self },
            None => self,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("buildContainer: ")?;
        if self.path != AttrPath::default() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Mistake {}

/// A value and its path.
#[derive(Clone, Debug)]
pub struct Field<'v> {
    path: AttrPath,
    value: &'v Value,
}

impl<'v> Field<'v> {
    /// The arguments as a whole, which have no path.
    pub fn root(value: &'v Value) -> Self {
        Self { path: AttrPath::default(), value }
    }

    /// A value that stands at `path`.
    pub fn at(path: AttrPath, value: &'v Value) -> Self {
        Self { path, value }
    }

    /// The value itself.
    pub fn value(&self) -> &'v Value {
        self.value
    }

    /// Where the value stands.
    pub fn path(&self) -> &AttrPath {
        &self.path
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// Whether the value is a string.
    pub fn is_string(&self) -> bool {
        self.value.is_string()
    }

    /// The mistake that this value is not what is wanted.
    pub fn unwanted(&self, want: &str) -> Mistake {
        Mistake::new(&self.path, format!("found {}, want {want}", describe(self.value)))
    }

    /// The mistake that this value is none of those allowed.
    pub fn unwanted_of(&self, allowed: &[&str]) -> Mistake {
        let list: Vec<_> = allowed.iter().map(|value| quoted(value)).collect();
        let near = self.value.as_str().and_then(|text| nearest(text, allowed));
        let hint = near.map(|near| format!("; did you mean {}?", quoted(near))).unwrap_or_default();
        self.unwanted(&format!("one of {}{hint}", list.join(", ")))
    }

    /// The value as a string. A NUL byte would end it early in the container, so it is a mistake here.
    pub fn string(&self) -> Result<&'v str, Mistake> {
        let text = self.value.as_str().ok_or_else(|| self.unwanted("a string"))?;
        if text.contains('\0') {
            return Err(Mistake::new(&self.path, "found a NUL character, which no argument or path can hold"));
        }
        Ok(text)
    }

    /// The value as a boolean.
    pub fn boolean(&self) -> Result<bool, Mistake> {
        self.value.as_bool().ok_or_else(|| self.unwanted("true or false"))
    }

    /// The value as a number that takes 32 bits and no sign, as the spec's user and group ids do.
    pub fn unsigned(&self) -> Result<u32, Mistake> {
        let number = self.value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.unwanted(&format!("an integer from 0 to {}", u32::MAX)))
    }

    /// The value as a user or group.
    pub fn id(&self) -> Result<u32, Mistake> {
        let number = self.unsigned().ok().filter(|number| *number <= LAST_ID);
        number.ok_or_else(|| self.unwanted(&format!("an integer from 0 to {LAST_ID}")))
    }

    /// The elements of a list.
    pub fn list(&self) -> Result<Vec<Field<'v>>, Mistake> {
        let list = self.value.as_array().ok_or_else(|| self.unwanted("a list"))?;
        Ok(list.iter().enumerate().map(|(index, value)| Field { path: self.path.element(index), value }).collect())
    }

    /// The strings of a list.
    pub fn strings(&self) -> Result<Vec<String>, Mistake> {
        self.list()?.iter().map(|field| field.string().map(str::to_owned)).collect()
    }

    /// The names and values of an attribute set, sorted by name.
    pub fn attributes(&self) -> Result<Vec<(&'v str, Field<'v>)>, Mistake> {
        Ok(self
            .object()?
            .iter()
            .map(|(name, value)| (name.as_str(), Field { path: self.path.attribute(name), value }))
            .collect())
    }

    /// The attribute `name` of an attribute set, if it is there and not null.
    pub fn get(&self, name: &str) -> Result<Option<Field<'v>>, Mistake> {
        let value = self.object()?.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| Field { path: self.path.attribute(name), value }))
    }

    /// Checks that the attribute set has no attributes but `known`; `what` names their kind in the message.
    pub fn only(&self, known: &[&str], what: &str) -> Result<(), Mistake> {
        for name in self.object()?.keys() {
            if !known.contains(&name.as_str()) {
                let hint = match nearest(name, known) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("there are: {}", known.join(", ")),
                };
                return Err(Mistake::new(&self.path.attribute(name), format!("no such {what} ({hint})")));
            }
        }
        Ok(())
    }

    fn object(&self) -> Result<&'v Map<String, Value>, Mistake> {
        self.value.as_object().ok_or_else(|| self.unwanted("an attribute set"))
    }
}

/// The one of `known` that `name` is most likely a misspelling of.
///
/// A third of the letters may be wrong, swapped neighbours counting as one; beyond that a guess would mislead. A name
/// that lacks only its prefix, such as `NOFILE` for `RLIMIT_NOFILE`, is plain enough.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = name.to_lowercase();
    let suffix = format!("_{name}");
    if let Some(full) = known.iter().find(|candidate| candidate.to_lowercase().ends_with(&suffix)) {
        return Some(full);
    }
    let length = name.chars().count();
    known
        .iter()
        // So much longer or shorter is as far off; a name may be of any length, and the distance takes their product.
        .filter(|candidate| length.abs_diff(candidate.chars().count()) <= candidate.len().div_ceil(3))
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// What a value is, in the words of Nix, short enough for one line.
fn describe(value: &Value) -> String {
    const LONGEST: usize = 60;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("{value} (a boolean)"),
        Value::Number(number) if number.is_f64() => format!("{number} (a float)"),
        Value::Number(number) => format!("{number} (an integer)"),
        Value::String(text) if text.chars().count() > LONGEST => {
            let start: String = text.chars().take(LONGEST).collect();
            format!("the string {}…", quoted(&start))
        }
        Value::String(text) => format!("the string {}", quoted(text)),
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(attributes) if attributes.is_empty() => "an empty attribute set".to_owned(),
        Value::Object(attributes) => {
            let names: Vec<_> = attributes.keys().take(4).map(String::as_str).collect();
            let more = if attributes.len() > names.len() { ", …" } else { "" };
            format!("an attribute set with {}{more}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
