//! The verb `hold-user-namespace`: makes a user namespace and waits in it, while `run` maps its ids from outside.

pub use oci_bundle::runner::hold_user_namespace;
