mod messages;

use super::*;
use crate::nix::store::StoreDir;

#[test]
fn the_document_is_what_the_spec_wants() {
    let arguments = json!({ "args": ["/bin/x"], "readonly": true });
    let container = Container::decode(&arguments, "x86_64-linux").unwrap();
    let closure = Closure::decode(&[], &StoreDir::default()).unwrap();
    let mounts = mounts::of(&container, &closure);
    let document = document(&container, "hello", &mounts, &closure).unwrap();
    // For the error number of a rule of the default filter.
    assert_eq!(document["ociVersion"], "1.1.0");
    assert_eq!(document["process"]["args"], json!(["/bin/x"]));
    assert_eq!(document["root"], json!({"path": "rootfs", "readonly": true}));
    assert_eq!(document["hostname"], "hello");
}

#[test]
fn a_long_name_is_cut_to_a_host_name() {
    assert_eq!(hostname(&"n".repeat(200)).len(), 64);
}
