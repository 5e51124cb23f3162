//! The argument `health`: how somebody finds out whether the program does what it is for.

use serde_json::{Value, json};

use crate::plan::diagnostics::{ArgumentError, Field};

/// The attributes.
const ATTRIBUTES: [&str; 4] = ["command", "interval", "retries", "start"];

/// A check that is made again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// A command in the container that ends with 0 if all is well.
    pub command: Vec<String>,
    /// How many seconds there are between two checks, and how many one may take.
    pub interval: u32,
    /// How many checks in a row fail before the container is unhealthy.
    pub retries: u32,
    /// For how many seconds from the start a check may fail without counting.
    pub start: u32,
}

impl Health {
    /// Decodes the argument.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the attribute that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        field.only(&ATTRIBUTES, "attribute of health")?;
        let number = |name, usual, least| match field.get(name)? {
            None => Ok(usual),
            Some(field) => match field.unsigned()? {
                number @ 0..=86_400 if number >= least => Ok(number),
                _ => Err(field.unwanted(&format!("an integer from {least} to 86400"))),
            },
        };
        let want =
            "the command and its arguments, such as [ \"${pkgs.curl}/bin/curl\" \"--fail\" \"http://localhost\" ]";
        let command = match field.get("command")? {
            None => {
                return Err(ArgumentError::new(&field.path().attribute("command"), format!("missing; want {want}")));
            }
            Some(command) => {
                let words = command.strings()?;
                if words.is_empty() {
                    return Err(command.unwanted(want));
                }
                words
            }
        };
        Ok(Self {
            command,
            interval: number("interval", 30, 1)?,
            retries: number("retries", 3, 1)?,
            start: number("start", 0, 0)?,
        })
    }

    /// As an attribute set of the arguments has it.
    pub fn document(&self) -> Value {
        let Self { command, interval, retries, start } = self;
        json!({ "command": command, "interval": interval, "retries": retries, "start": start })
    }
}
