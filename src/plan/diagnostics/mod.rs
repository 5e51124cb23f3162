//! What is said of what the user wrote: paths of attributes, errors that name them, and suggestions.

mod argument_error;
mod attr_path;
mod field;
mod suggestions;
pub mod text;

pub use self::argument_error::ArgumentError;
pub use self::attr_path::{AttrPath, quoted};
pub use self::field::{Field, LAST_ID};
pub use self::suggestions::nearest;

#[cfg(test)]
mod tests;
