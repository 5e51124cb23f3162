//! What a test runs, and what it expects.

use std::collections::BTreeMap;
use std::time::Duration;

use oci_bundle_builder::plan::definition::container_path::ContainerPath;
use oci_bundle_builder::plan::diagnostics::{ArgumentError, Field};
use serde_json::Value;

use super::expectation::Expectation;

/// The attributes of a test.
const ATTRIBUTES: [&str; 8] = ["args", "env", "stdin", "exitCode", "stdout", "stderr", "files", "timeout"];

/// How long a container may run, unless the test says something else.
const TIMEOUT: u32 = 60;

/// The arguments of `container.test`.
#[derive(Clone, Debug)]
pub struct TestSpec {
    /// Arguments in the place of the container's.
    pub args: Option<Vec<String>>,
    /// Variables over those of the container.
    pub env: BTreeMap<String, String>,
    /// What the program reads from standard input.
    pub stdin: String,
    /// The exit code; `None` if the program may go on until the time is over.
    pub exit_code: Option<u8>,
    /// What is printed to standard output.
    pub stdout: Option<Expectation>,
    /// What is printed to standard error.
    pub stderr: Option<Expectation>,
    /// The files in the container's root afterwards; `None` for one that is not there.
    pub files: BTreeMap<ContainerPath, Option<Expectation>>,
    /// When a program that has not ended is killed.
    pub timeout: Duration,
}

impl TestSpec {
    /// Decodes the arguments.
    ///
    /// # Errors
    /// The first [`ArgumentError`].
    pub fn decode(arguments: &Value) -> Result<Self, ArgumentError> {
        let root = Field::root(arguments);
        root.only(&ATTRIBUTES, "attribute of a test")?;
        let expectation = |name| root.get(name)?.map(|field| Expectation::decode(&field)).transpose();
        let exit_code = match root.get("exitCode")? {
            None => 0,
            Some(field) => u8::try_from(field.unsigned()?).map_err(|_| field.unwanted("an integer from 0 to 255"))?,
        };
        Ok(Self {
            args: root.get("args")?.map(|args| args.strings()).transpose()?,
            env: decode_env(&root)?,
            stdin: root.get("stdin")?.map_or(Ok(""), |stdin| stdin.string())?.to_owned(),
            exit_code: Some(exit_code),
            stdout: expectation("stdout")?,
            stderr: expectation("stderr")?,
            files: decode_files(&root)?,
            timeout: decode_timeout(&root)?,
        })
    }

    /// The test of a container that only has to start: it ends with 0, or is still there after this time.
    pub fn starts(time: Duration) -> Self {
        Self {
            args: None,
            env: BTreeMap::new(),
            stdin: String::new(),
            exit_code: None,
            stdout: None,
            stderr: None,
            files: BTreeMap::new(),
            timeout: time,
        }
    }
}

/// Decodes when a test is stopped.
pub fn decode_timeout(root: &Field<'_>) -> Result<Duration, ArgumentError> {
    let seconds = match root.get("timeout")? {
        None => TIMEOUT,
        Some(field) => match field.unsigned()? {
            0 => return Err(field.unwanted("a number of seconds that is at least 1")),
            seconds => seconds,
        },
    };
    Ok(Duration::from_secs(seconds.into()))
}

/// Decodes variables.
pub fn decode_env(root: &Field<'_>) -> Result<BTreeMap<String, String>, ArgumentError> {
    let Some(field) = root.get("env")? else { return Ok(BTreeMap::new()) };
    let variable = |(name, value): (&str, Field<'_>)| {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(ArgumentError::new(value.path(), "the name of a variable is not empty and has no '='"));
        }
        Ok((name.to_owned(), value.string()?.to_owned()))
    };
    field.attributes()?.into_iter().map(variable).collect()
}

fn decode_files(root: &Field<'_>) -> Result<BTreeMap<ContainerPath, Option<Expectation>>, ArgumentError> {
    let Some(field) = root.get("files")? else { return Ok(BTreeMap::new()) };
    let file = |(name, value): (&str, Field<'_>)| {
        let path = ContainerPath::parse(name, "a file's path");
        let path = path.map_err(|reason| ArgumentError::new(value.path(), reason))?;
        let expectation = if value.is_null() { None } else { Some(Expectation::decode(&value)?) };
        Ok((path, expectation))
    };
    field.attributes()?.into_iter().map(file).collect()
}

#[cfg(test)]
mod tests;
