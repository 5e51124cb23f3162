//! The argument `capabilities`: what the process may do beside what everybody may (capabilities(7)).

use std::collections::BTreeSet;

use crate::plan::capability::{CAPABILITIES, check_name};
use crate::plan::diagnostics::{ArgumentError, Field, nearest};

/// The names of capabilities, sorted.
pub type Names = BTreeSet<&'static str>;

/// Docker's word for every capability.
const ALL: &str = "ALL";

/// Which capabilities the process has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capabilities {
    /// These and no others.
    Exactly(Names),
    /// The defaults, changed.
    Changed {
        /// What comes to them.
        add: Names,
        /// What they lose.
        drop: Names,
    },
}

impl Default for Capabilities {
    fn default() -> Self {
        Self::Changed { add: Names::new(), drop: Names::new() }
    }
}

impl Capabilities {
    /// Decodes the argument: a list, or an attribute set of two.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the name that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        if field.value().is_array() {
            return Ok(Self::Exactly(decode_names(field)?));
        }
        if field.attributes().is_err() {
            return Err(field.unwanted("a list, such as [ \"CAP_NET_ADMIN\" ], or { add, drop }, two such lists"));
        }
        field.only(&["add", "drop"], "attribute of capabilities")?;
        let add = field.get("add")?.map_or(Ok(Names::new()), |add| decode_names(&add))?;
        let dropped = field.get("drop")?;
        let drop = match &dropped {
            Some(dropped) if has_all(dropped)? => return Ok(Self::Exactly(add)),
            Some(dropped) => decode_names(dropped)?,
            None => Names::new(),
        };
        for name in dropped.iter().flat_map(|dropped| dropped.list().unwrap_or_default()) {
            if name.value().as_str().is_some_and(|name| add.contains(name)) {
                let added = field.path().attribute("add");
                return Err(name.rejected(&format!("which {added} has too; leave one of them out")));
            }
        }
        Ok(Self::Changed { add, drop })
    }

    /// What the process may have, where it has `defaults` otherwise.
    pub fn over(&self, defaults: &[&'static str]) -> Names {
        match self {
            Self::Exactly(names) => names.clone(),
            Self::Changed { add, drop } => {
                defaults.iter().chain(add).filter(|name| !drop.contains(*name)).copied().collect()
            }
        }
    }

    /// What was asked for by name.
    pub fn asked(&self) -> &Names {
        match self {
            Self::Exactly(names) | Self::Changed { add: names, .. } => names,
        }
    }
}

/// Names of capabilities that the process is to have, or to lose.
fn decode_names(field: &Field<'_>) -> Result<Names, ArgumentError> {
    field
        .list()?
        .iter()
        .map(|name| match name.value().as_str() {
            Some(ALL) => Err(name.unwanted(
                "the capabilities that the program needs, one by one: with all of them it could leave the container",
            )),
            _ => check_name(name),
        })
        .collect()
}

/// Whether `ALL` is among those to drop. The others are names, too.
fn has_all(dropped: &Field<'_>) -> Result<bool, ArgumentError> {
    let mut has = false;
    for name in dropped.list()? {
        match name.string()? {
            ALL => has = true,
            text if nearest(text, &[ALL]).is_some() && !CAPABILITIES.contains(&text) => {
                return Err(name.unwanted(&format!("a capability of capabilities(7), or \"{ALL}\"")));
            }
            _ => _ = check_name(&name)?,
        }
    }
    Ok(has)
}

#[cfg(test)]
mod tests;
