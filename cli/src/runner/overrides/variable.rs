//! Variables of the environment that a user adds: on the command line, from the caller's environment, or from a file.

use std::str::FromStr;

/// A variable to set, or to take over from the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None` for what the caller's environment has.
    pub value: Option<String>,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        if name.is_empty() {
            return Err("want NAME=VALUE, or NAME for the caller's value".to_owned());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// What the caller's environment has of this name: nothing, or a value, or one that is not UTF-8.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<Result<String, ()>>;

impl Variable {
    /// The same with the caller's value, where it is that one's. `None` stays where the caller has no such variable.
    ///
    /// # Errors
    /// A value that config.json cannot hold.
    pub fn resolve(self, caller: Lookup<'_>) -> Result<Self, String> {
        if self.value.is_some() {
            return Ok(self);
        }
        match caller(&self.name) {
            Some(Err(())) => Err(format!(
                "'{}': its value in the environment of the caller is not UTF-8, which config.json cannot hold",
                self.name
            )),
            value => Ok(Self { value: value.and_then(Result::ok), ..self }),
        }
    }
}

#[cfg(test)]
pub mod tests;
