use super::*;

fn accounts() -> Accounts {
    let passwd = "# a comment\nroot:x:0:0::/root:/bin/sh\nbroken\nweb:x:1000:100::/srv/www:/bin/sh\n\
                  big:x:4294967295:0::/:\nbad:x:y:0::/:\n";
    let group = "root:x:0:\nusers:x:100:web\naudio:x:29:ann,web\nweber:x:30:weber\nodd\n";
    Accounts { passwd: passwd.to_owned(), group: group.to_owned() }
}

#[test]
fn a_user_is_a_number_or_a_name_of_the_bundle() {
    for (asked, user) in [
        ("7", json!({ "uid": 7, "gid": 7 })),
        ("7:8", json!({ "uid": 7, "gid": 8 })),
        ("web", json!({ "uid": 1000, "gid": 100, "additionalGids": [29] })),
        ("web:5", json!({ "uid": 1000, "gid": 5 })),
        ("web:audio", json!({ "uid": 1000, "gid": 29 })),
        ("0:audio", json!({ "uid": 0, "gid": 29 })),
        ("4294967294", json!({ "uid": 4_294_967_294_u32, "gid": 4_294_967_294_u32 })),
    ] {
        assert_eq!(accounts().find(&asked.parse().unwrap()).unwrap(), user, "{asked}");
    }
}

#[test]
fn what_is_neither_is_named() {
    for (asked, problem) in [
        ("ann", "--user: found 'ann', which is not in the bundle's /etc/passwd; want one that is, or a number"),
        ("big", "--user: found 'big', which is not in the bundle's /etc/passwd; want one that is, or a number"),
        ("0:staff", "--user: found 'staff', which is not in the bundle's /etc/group; want one that is, or a number"),
    ] {
        assert_eq!(accounts().find(&asked.parse().unwrap()).unwrap_err().to_string(), problem);
    }
    for (asked, part) in [("", ""), ("4294967295", "4294967295"), ("-1", "-1"), ("0:", ""), (":0", "")] {
        let problem = format!("found '{part}', want a number from 0 to 4294967294, or a name");
        assert_eq!(asked.parse::<UserOption>(), Err(problem), "{asked}");
    }
}

#[test]
fn every_user_of_the_bundle_has_a_home() {
    assert_eq!(accounts().home(1000), Some("/srv/www"));
    assert_eq!(accounts().home(7), None);
}
