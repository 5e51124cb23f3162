//! The verb `relay-output`: copies what a container prints, for the process that stays with it.

pub use oci_bundle::runner::{RELAY_OUTPUT as VERB, relay_output};
