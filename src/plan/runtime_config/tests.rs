mod messages;

use super::*;
use crate::plan::derivation::store::StoreDir;

#[test]
fn the_document_is_what_the_spec_wants() {
    let arguments = json!({ "args": ["/bin/x"], "readonly": true });
    let container = Definition::decode(&arguments, "x86_64-linux").unwrap();
    let closure = Closure::decode(&[], &StoreDir::default()).unwrap();
    let mounts = planned_mounts(&container, &closure);
    let config = RuntimeConfig::new("hello", &container, &mounts, &closure).unwrap();
    // For the error number of a rule of the default filter.
    assert_eq!(config["ociVersion"], "1.1.0");
    assert_eq!(config["process"]["args"], json!(["/bin/x"]));
    assert_eq!(config["root"], json!({"path": "rootfs", "readonly": true}));
    assert_eq!(config["hostname"], "hello");
}

#[test]
fn a_long_name_is_cut_to_a_host_name() {
    assert_eq!(hostname(&"n".repeat(200)).len(), 64);
}
