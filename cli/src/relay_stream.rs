//! The verb `relay-stream`: copies what a container reads or prints, for the process that stays with it.

pub use oci_bundle::runner::{RELAY_STREAM as VERB, relay_stream};
