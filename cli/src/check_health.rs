//! The verb `check-health`: becomes a check of a container, for the process that stays with it.

pub use oci_bundle::runner::{CHECK_HEALTH as VERB, check_health};
