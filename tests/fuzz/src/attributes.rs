//! The structured attributes of a derivation, from the text to the plan of what would be written.

use anyhow::Result;
use oci_bundle_builder::plan::ContainerPlan;
use oci_bundle_builder::plan::definition::Definition;
use oci_bundle_builder::plan::derivation::attrs::{self, Attrs};
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::derivation::store::StoreDir;
use oci_bundle_builder::plan::runtime_config::{RuntimeConfig, planned_mounts};

/// Takes the text of an `.attrs.json`.
///
/// # Panics
/// When a message is empty or has more than a line.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(attrs) = attrs::decode::<Attrs>(text) else { return };
    let store = StoreDir::default();
    let no_closure = Closure::decode(&[], &store).unwrap();
    let closure = Closure::decode(&attrs.closure, &store).unwrap_or(no_closure.clone());
    let Ok(definition) = Definition::decode(&attrs.container, &attrs.host_system)
        .inspect_err(|error| assert_is_message(&error.to_string()))
    else {
        return;
    };
    let mounts = planned_mounts(&definition, &closure);
    if let Err(error) = RuntimeConfig::new(&attrs.name, &definition, &mounts, &closure) {
        assert_is_message(&error.to_string());
    }
    // The store paths of the closure are not there, so nothing of it can be looked at.
    let _ = plan(&definition, &attrs, &no_closure);
}

fn plan(definition: &Definition, attrs: &Attrs, closure: &Closure) -> Result<()> {
    let unchecked = Definition { check_program: false, ..definition.clone() };
    let plan = ContainerPlan::new(&attrs.name, &unchecked, closure)?;
    let _ = plan.entries().count();
    plan.check_program(definition)
}

fn assert_is_message(text: &str) {
    assert!(!text.is_empty() && !text.contains('\n'), "{text}");
}
