//! The verb `hold-runtime`: becomes the runtime of a run, as a child that ends with it.

pub use oci_bundle::runner::{HOLD_RUNTIME as VERB, hold_runtime};
