//! A value that the user wrote, with the path of its attribute, so that every error can name it.

use serde_json::{Map, Value};

use super::{ArgumentError, AttrPath, nearest, quoted};

/// The last user or group: the number after it, -1 in 32 bits, means "no change" to system calls (setresuid(2)) and is never
/// mapped (`user_namespaces(7)`).
pub const LAST_ID: u32 = u32::MAX - 1;

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
    pub fn unwanted(&self, want: &str) -> ArgumentError {
        ArgumentError::new(&self.path, format!("found {}, want {want}", describe(self.value)))
    }

    /// The mistake that this value cannot stand here at all; `problem` says why, and what to try.
    pub fn rejected(&self, problem: &str) -> ArgumentError {
        ArgumentError::new(&self.path, format!("found {} {problem}", describe(self.value)))
    }

    /// The mistake that this value is none of those allowed.
    pub fn unwanted_of(&self, allowed: &[&str]) -> ArgumentError {
        let list: Vec<_> = allowed.iter().map(|value| quoted(value)).collect();
        let near = self.value.as_str().and_then(|text| nearest(text, allowed));
        let hint = near.map(|near| format!("; did you mean {}?", quoted(near))).unwrap_or_default();
        self.unwanted(&format!("one of {}{hint}", list.join(", ")))
    }

    /// The value as a string. A NUL byte would end it early in the container, so it is a mistake here.
    pub fn string(&self) -> Result<&'v str, ArgumentError> {
        let text = self.value.as_str().ok_or_else(|| self.unwanted("a string"))?;
        if text.contains('\0') {
            return Err(ArgumentError::new(&self.path, "found a NUL character, which no argument or path can hold"));
        }
        Ok(text)
    }

    /// The value as a boolean.
    pub fn boolean(&self) -> Result<bool, ArgumentError> {
        self.value.as_bool().ok_or_else(|| self.unwanted("true or false"))
    }

    /// The value as a number that takes 32 bits and no sign, as the spec's user and group ids do.
    pub fn unsigned(&self) -> Result<u32, ArgumentError> {
        let number = self.value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.unwanted(&format!("an integer from 0 to {}", u32::MAX)))
    }

    /// The value as a user or group.
    pub fn id(&self) -> Result<u32, ArgumentError> {
        let number = self.unsigned().ok().filter(|number| *number <= LAST_ID);
        number.ok_or_else(|| self.unwanted(&format!("an integer from 0 to {LAST_ID}")))
    }

    /// A number of at most this value, written as a string of octal digits; `want` says so.
    pub fn octal(&self, largest: u32, want: &str) -> Result<u32, ArgumentError> {
        let text = self.value.as_str().unwrap_or_default();
        match u32::from_str_radix(text, 8) {
            Ok(number) if number <= largest && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
            _ => Err(self.unwanted(want)),
        }
    }

    /// The elements of a list.
    pub fn list(&self) -> Result<Vec<Field<'v>>, ArgumentError> {
        let list = self.value.as_array().ok_or_else(|| self.unwanted("a list"))?;
        Ok(list.iter().enumerate().map(|(index, value)| Field { path: self.path.element(index), value }).collect())
    }

    /// The strings of a list.
    pub fn strings(&self) -> Result<Vec<String>, ArgumentError> {
        self.list()?.iter().map(|field| field.string().map(str::to_owned)).collect()
    }

    /// The names and values of an attribute set, sorted by name.
    pub fn attributes(&self) -> Result<Vec<(&'v str, Field<'v>)>, ArgumentError> {
        Ok(self
            .object()?
            .iter()
            .map(|(name, value)| (name.as_str(), Field { path: self.path.attribute(name), value }))
            .collect())
    }

    /// The attribute `name` of an attribute set, if it is there and not null.
    pub fn get(&self, name: &str) -> Result<Option<Field<'v>>, ArgumentError> {
        let value = self.object()?.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| Field { path: self.path.attribute(name), value }))
    }

    /// The attribute `name`, if this is an attribute set that has it.
    pub fn find(&self, name: &str) -> Option<Field<'v>> {
        self.get(name).ok().flatten()
    }

    /// Checks that the attribute set has no attributes but `known`; `what` names their kind in the message.
    pub fn only(&self, known: &[&str], what: &str) -> Result<(), ArgumentError> {
        for name in self.object()?.keys() {
            if !known.contains(&name.as_str()) {
                let hint = match nearest(name, known) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("there are: {}", known.join(", ")),
                };
                return Err(ArgumentError::new(&self.path.attribute(name), format!("no such {what} ({hint})")));
            }
        }
        Ok(())
    }

    fn object(&self) -> Result<&'v Map<String, Value>, ArgumentError> {
        self.value.as_object().ok_or_else(|| self.unwanted("an attribute set"))
    }
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
