//! The argument `seccomp`.

use serde_json::Value;

/// Which system calls the container may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seccomp {
    /// Those of Docker's default filter.
    Default,
    /// All.
    Unfiltered,
    /// Those of this filter, which is decoded when the container's capabilities are known.
    Given(Value),
}

impl Seccomp {
    /// Null is no filter: for this argument alone it is not the same as leaving it out.
    pub fn decode(arguments: &Value) -> Self {
        match arguments.get("seccomp") {
            None => Self::Default,
            Some(Value::Null) => Self::Unfiltered,
            Some(filter) => Self::Given(filter.clone()),
        }
    }
}
