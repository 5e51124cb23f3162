//! When a rule of Docker's format counts: `includes` and `excludes`.

use std::collections::BTreeSet;

use super::architecture::{self, Architecture};
use crate::plan::capability;
use crate::plan::diagnostics::{ArgumentError, Field};

/// The kernel that every machine is taken to have at least: a build does not know where a bundle will run.
const OLDEST_KERNEL: (u32, u32) = (4, 8);

/// What the container is like for which a filter is made.
pub struct Target<'t> {
    pub architecture: Option<&'t Architecture>,
    pub capabilities: BTreeSet<&'t str>,
}

/// One side of a condition.
#[derive(Default)]
struct Side {
    architectures: Vec<String>,
    capabilities: Vec<String>,
    /// Whether a kernel is named, which is always there.
    kernel: bool,
}

/// The conditions of one rule.
#[derive(Default)]
pub struct Condition {
    includes: Side,
    excludes: Side,
}

impl Condition {
    /// Decodes those of a rule.
    ///
    /// # Errors
    /// An [`ArgumentError`] at what is not known.
    pub fn decode(rule: &Field<'_>) -> Result<Self, ArgumentError> {
        let side = |name| rule.get(name)?.map_or(Ok(Side::default()), |field| Side::decode(&field));
        Ok(Self { includes: side("includes")?, excludes: side("excludes")? })
    }

    /// Whether the rule counts, as in Docker: all capabilities of `includes` are there, and one of its architectures; nothing
    /// of `excludes` is.
    pub fn holds(&self, target: &Target<'_>) -> bool {
        let has = |name: &String| target.capabilities.contains(name.as_str());
        let is = |name: &String| target.architecture.is_some_and(|architecture| architecture.docker == name);
        let Self { includes, excludes } = self;
        let included = includes.capabilities.iter().all(has)
            && (includes.architectures.is_empty() || includes.architectures.iter().any(is));
        let excluded =
            excludes.kernel || excludes.capabilities.iter().any(has) || excludes.architectures.iter().any(is);
        included && !excluded
    }
}

impl Side {
    fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        field.only(&["arches", "caps", "minKernel"], "condition of a rule")?;
        let list = |name, check: fn(&Field<'_>) -> Result<(), ArgumentError>| {
            let Some(names) = field.get(name)? else { return Ok(Vec::new()) };
            names.list()?.iter().try_for_each(check)?;
            names.strings()
        };
        let kernel = field.get("minKernel")?;
        kernel.as_ref().map_or(Ok(()), check_kernel)?;
        Ok(Self {
            architectures: list("arches", architecture::check_name)?,
            capabilities: list("caps", |name| capability::check_name(name).map(|_| ()))?,
            kernel: kernel.is_some(),
        })
    }
}

fn check_kernel(field: &Field<'_>) -> Result<(), ArgumentError> {
    let parts = field.string()?.split_once('.').map(|(major, minor)| (major.parse().ok(), minor.parse().ok()));
    let Some((Some(major), Some(minor))) = parts else {
        return Err(field.unwanted("a version of Linux, such as \"4.8\""));
    };
    if (major, minor) > OLDEST_KERNEL {
        let want = "at most \"4.8\": a bundle is for every kernel since that version; \
                    leave out this condition, or the whole rule";
        return Err(field.unwanted(want));
    }
    Ok(())
}
