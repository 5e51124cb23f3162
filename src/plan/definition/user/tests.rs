use super::*;

fn user(value: &Value) -> User {
    User::decode(&Field::root(value)).unwrap()
}

#[test]
fn a_user_has_a_group_of_the_same_number_unless_said_otherwise() {
    assert_eq!(user(&json!({ "uid": 1000 })).document(), json!({ "uid": 1000, "gid": 1000 }));
    let all = json!({ "uid": 1000, "gid": 100, "additionalGids": [5, 6], "umask": "0027" });
    assert_eq!(user(&all).document(), json!({ "uid": 1000, "gid": 100, "additionalGids": [5, 6], "umask": 0o27 }));
}

#[test]
fn every_user_has_a_name_and_a_home() {
    for (value, name, home) in [
        (json!({}), "root", "/root"),
        (json!({ "uid": 65534 }), "nobody", "/var/empty"),
        (json!({ "uid": 1000 }), "user", "/home/user"),
        (json!({ "uid": 1000, "name": "web" }), "web", "/home/web"),
        (json!({ "uid": 1000, "name": "web", "home": "/srv//www/" }), "web", "/srv/www"),
    ] {
        let user = user(&value);
        assert_eq!((user.name(), user.home().to_string().as_str()), (name, home), "{value}");
    }
}

#[test]
fn a_patch_may_change_who_it_is() {
    let patched = user(&json!({ "uid": 1 })).with_ids(&json!({ "uid": 0, "gid": -1 }));
    assert_eq!((patched.uid, patched.gid, patched.name()), (0, 1, "root"));
}
