//! The check of config.json against the runtime spec's JSON schema.

mod bundles;
pub mod debian;
mod documents;
mod examples;
mod fields;
mod json_schema;
mod kind;
mod table;
