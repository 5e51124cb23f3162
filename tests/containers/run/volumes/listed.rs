//! `oci-bundle volume`.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{Home, all};
use crate::support::runner::{USERS, container, output, prints, refusal};
use crate::support::tree;

#[test]
fn those_that_there_are_are_listed_found_and_removed() {
    let bundle = container(
        "mkdir -m 0 /data/none; echo x > /data/file; chown 5 /data/file 2>/dev/null; true",
        "user.uid = 1000;",
    );
    for (runtime, home) in all() {
        assert_eq!(prints(home.volume(&["list"])), "NAME  CREATED               IN USE\n");
        for name in ["kept", "other"] {
            prints(home.run(runtime, &["-v", &format!("{name}:/data")], &bundle));
        }
        let table = prints(home.volume(&["list"]));
        let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
        assert_eq!([lines[1][0], lines[1][2], lines[2][0]], ["kept", "no", "other"], "{table}");
        let path = prints(home.volume(&["path", "kept"]));
        let data = home.volumes().join("kept/data");
        let shown = if data.starts_with(home.folder()) && path.starts_with("/var") {
            path.replace("/var/lib", home.folder().to_str().unwrap())
        } else {
            path
        };
        assert_eq!(shown, format!("{}\n", data.display()));
        assert!(data.join("file").exists());
        let said = output(home.volume(&["remove", "kept", "nothing", "othr", "other"]));
        assert_eq!(said.status.code(), Some(1));
        assert_eq!(
            String::from_utf8(said.stderr).unwrap(),
            "oci-bundle: there is no volume 'nothing'; 'oci-bundle volume list' shows those that there are\n\
             oci-bundle: there is no volume 'othr'; did you mean 'other'?\n"
        );
        assert_eq!(tree::names(&home.volumes()), [".lock"], "{runtime:?}");
    }
}

#[test]
fn where_there_are_none_it_says_so() {
    for uid in USERS {
        let home = Home::new(uid);
        assert_eq!(prints(home.volume(&["ls", "--json"])), "[]\n");
        for verb in ["remove", "path"] {
            let said = refusal(home.volume(&[verb, "kept"]));
            assert_eq!(
                said,
                "oci-bundle: there is no volume 'kept'; 'oci-bundle volume list' shows those that there are\n"
            );
        }
        assert!(!home.volumes().exists());
    }
}

#[test]
fn what_a_removal_has_left_is_removed_by_the_next() {
    let bundle = container("echo x > /data/file", "user.uid = 1000;");
    for (runtime, home) in all() {
        for name in ["kept", "other"] {
            prints(home.run(runtime, &["-v", &format!("{name}:/data")], &bundle));
        }
        fs::rename(home.volumes().join("kept"), home.volumes().join(".removed-0")).unwrap();
        assert_eq!(home.listed(), ["other"]);
        assert_eq!(prints(home.volume(&["rm", "other"])), "");
        assert_eq!(tree::names(&home.volumes()), [".lock"], "{runtime:?}");
        assert_eq!(fs::metadata(home.volumes()).unwrap().mode() & 0o7777, 0o700);
    }
}
