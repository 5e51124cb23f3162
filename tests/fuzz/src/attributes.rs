//! The structured attributes of a derivation, from the text to the plan of what would be written.

use anyhow::Result;
use oci_bundle_builder::container::Container;
use oci_bundle_builder::nix::attrs::{self, Attrs};
use oci_bundle_builder::nix::closure::Closure;
use oci_bundle_builder::nix::store::StoreDir;
use oci_bundle_builder::rootfs::view::View;
use oci_bundle_builder::rootfs::{self, Facts};
use oci_bundle_builder::{config, program};

/// Takes the text of an `.attrs.json`.
///
/// # Panics
/// When a message has more than a line or does not say whose it is.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(attrs) = attrs::decode::<Attrs>(text) else { return };
    let store = StoreDir::default();
    let no_closure = Closure::decode(&[], &store).unwrap();
    let closure = Closure::decode(&attrs.closure, &store).unwrap_or(no_closure.clone());
    let Ok(container) = Container::decode(&attrs.container, &attrs.host_system)
        .inspect_err(|mistake| assert_is_message(&mistake.to_string()))
    else {
        return;
    };
    let mounts = config::mounts::of(&container, &closure);
    if let Err(mistake) = config::document(&container, &attrs.name, &mounts, &closure) {
        assert_is_message(&mistake.to_string());
    }
    // The store paths of the closure are not there, so nothing of it can be looked at.
    let _ = plan(&container, &attrs, &no_closure);
}

fn plan(container: &Container, attrs: &Attrs, closure: &Closure) -> Result<()> {
    let mounts = config::mounts::of(container, closure);
    let mut document = config::document(container, &attrs.name, &mounts, closure)?;
    let facts = Facts::of(container, &document, &mounts)?;
    let (tree, points) = rootfs::plan(container, closure, &facts)?;
    let view = View::of(&tree, &points, &mounts)?;
    let _ = program::check(&document, &config::attribute_of_program(container), &view, &attrs.host_system);
    config::mount_store(&mut document, &mounts, &tree)
}

fn assert_is_message(text: &str) {
    assert!(text.starts_with("buildContainer") && !text.contains('\n'), "{text}");
}
