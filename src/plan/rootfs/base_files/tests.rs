use serde_json::{Value, json};

use super::*;
use crate::plan::diagnostics::Field;

fn user(value: &Value) -> User {
    User::decode(&Field::root(value)).unwrap()
}

#[test]
fn root_and_nobody_are_always_known() {
    assert_eq!(passwd(&user(&json!({}))), "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/var/empty:/bin/sh\n");
    assert_eq!(group(&user(&json!({}))), "root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\n");
}

#[test]
fn the_containers_user_is_known_with_its_groups() {
    let web = user(&json!({ "uid": 1000, "gid": 100, "additionalGids": [5, 0, 5], "name": "web" }));
    assert_eq!(
        passwd(&web),
        "root:x:0:0::/root:/bin/sh\nweb:x:1000:100::/home/web:/bin/sh\nnobody:x:65534:65534::/var/empty:/bin/sh\n"
    );
    assert_eq!(group(&web), "root:x:0:web\nnobody:x:65534:\nnogroup:x:65534:\nweb:x:100:\ngroup5:x:5:web\n");
}

#[test]
fn root_and_nobody_may_have_another_group_and_home() {
    let root = user(&json!({ "gid": 7, "home": "/srv" }));
    assert!(passwd(&root).starts_with("root:x:0:7::/srv:/bin/sh\n"));
    assert_eq!(group(&root), "root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\ngroup7:x:7:\n");
    let nobody = user(&json!({ "uid": 65534, "gid": 8 }));
    assert!(passwd(&nobody).ends_with("nobody:x:65534:8::/var/empty:/bin/sh\n"));
}

#[test]
fn no_other_group_is_called_nogroup() {
    let odd = user(&json!({ "uid": 1000, "name": "nogroup" }));
    assert_eq!(group(&odd), "root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\ngroup1000:x:1000:\n");
}
