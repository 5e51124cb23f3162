//! What a text has to be.

use oci_bundle_builder::plan::diagnostics::{ArgumentError, Field};
use regex::bytes::{Regex, RegexBuilder};

/// What an output or a file has to be.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// This text, byte for byte.
    Text(String),
    /// Something in which this regular expression is found; `^` and `$` are the start and the end of a line.
    Match(Regex),
}

impl Expectation {
    /// Decodes a string, or `{ match = "regular expression"; }`.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the attribute that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        if field.is_string() {
            // A text may have any character in it.
            return Ok(Self::Text(field.value().as_str().unwrap_or_default().to_owned()));
        }
        if field.attributes().is_err() {
            return Err(field.unwanted("a string, or { match = \"regular expression\"; }"));
        }
        field.only(&["match"], "attribute of an expectation")?;
        let Some(pattern) = field.get("match")? else {
            return Err(ArgumentError::new(&field.path().attribute("match"), "missing; want a regular expression"));
        };
        let text = pattern.string()?;
        RegexBuilder::new(text).multi_line(true).build().map(Self::Match).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            pattern.unwanted(&format!("a regular expression of the crate regex: {reason}"))
        })
    }

    /// What is wrong with the bytes, as lines; none if they are as expected.
    pub fn difference(&self, found: &[u8]) -> Option<Vec<String>> {
        match self {
            Self::Text(wanted) if wanted.as_bytes() == found => None,
            Self::Text(wanted) => Some(diff(wanted, &String::from_utf8_lossy(found))),
            Self::Match(pattern) if pattern.is_match(found) => None,
            Self::Match(pattern) => Some(vec![format!("nothing in it matches {:?}", pattern.as_str())]),
        }
    }
}

/// The most lines that a difference shows.
const MOST_LINES: usize = 50;

/// How many lines of each text are compared, from the first that differs: what it costs grows with the square.
const COMPARED: usize = 500;

/// The lines that differ, with `-` for what was expected and `+` for what was found.
fn diff(wanted: &str, found: &str) -> Vec<String> {
    let same =
        wanted.split_inclusive('\n').zip(found.split_inclusive('\n')).take_while(|(one, other)| one == other).count();
    let [wanted, found] =
        [wanted, found].map(|text| text.split_inclusive('\n').skip(same).take(COMPARED).collect::<Vec<_>>());
    let changes = similar::TextDiff::from_slices(&wanted, &found);
    let mut lines = Vec::new();
    for change in changes.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal) {
        if lines.len() == MOST_LINES {
            lines.push("…".to_owned());
            break;
        }
        let end = if change.value().ends_with('\n') { "" } else { " (without a newline at its end)" };
        lines.push(format!("{} {}{end}", change.tag(), change.value().trim_end_matches('\n')));
    }
    lines
}

#[cfg(test)]
mod tests;
