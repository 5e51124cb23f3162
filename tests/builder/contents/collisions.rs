//! Packages that have the same path.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use crate::contents::{container, link, with_priority};

#[test]
fn a_collision_names_both_packages() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("bin/tool", "1")]);
    let two = derivation.add_tree("two", &[("bin/tool", "2")]);
    derivation.set("contents", json!([one, two]));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    derivation.fails_with(&format!(
        "buildContainer: contents[1]: found two versions of /bin/tool: 'TMP/store/{}/bin/tool' and \
         'TMP/store/{}/bin/tool', of contents[0]; leave one out, or choose one with lib.hiPrio",
        name(&two),
        name(&one)
    ));
}

#[test]
fn a_file_and_a_directory_of_one_name_collide() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("etc/conf", "")]);
    let two = derivation.add_tree("two", &[("etc/conf/x", "")]);
    derivation.set("contents", json!([one, two]));
    let outcome = derivation.build();
    assert!(
        !outcome.success && outcome.stderr.contains("contents[1]: found two versions of /etc/conf: "),
        "{}",
        outcome.stderr
    );
    // Whichever has precedence is taken whole.
    derivation.set("contents", json!([one, with_priority(&two, 4)]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/etc/conf"), two.join("etc/conf"));
    fs::remove_dir_all(derivation.out()).unwrap();
    derivation.set("contents", json!([one, with_priority(&two, 6)]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/etc/conf"), one.join("etc/conf"));
}

#[test]
fn the_same_file_twice_is_no_collision() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("bin/tool", "same"), ("share/x", "")]);
    let two = derivation.add_tree("two", &[("bin/tool", "same")]);
    symlink(one.join("share/x"), two.join("share-x")).unwrap();
    fs::create_dir(two.join("share")).unwrap();
    symlink(one.join("share/x"), two.join("share/x")).unwrap();
    derivation.set("contents", json!([one, two, one]));
    derivation.succeeds();
    assert_eq!(link(&derivation, "/bin/tool"), one.join("bin/tool"));
    assert_eq!(link(&derivation, "/share/x"), one.join("share/x"));
}

#[test]
fn the_same_text_is_another_file_if_only_one_can_be_run() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("bin/tool", "same")]);
    let two = derivation.add_tree("two", &[]);
    fs::create_dir_all(two.join("bin")).unwrap();
    fs::write(two.join("bin/tool"), "same").unwrap();
    derivation.set("contents", json!([one, two]));
    assert!(!derivation.build().success);
}

#[test]
fn the_lower_priority_has_precedence_whatever_the_order() {
    let mut derivation = container();
    let one = derivation.add_tree("one", &[("bin/tool", "1"), ("bin/one", "")]);
    let two = derivation.add_tree("two", &[("bin/tool", "2"), ("bin/two", "")]);
    for contents in [json!([one, with_priority(&two, -10)]), json!([with_priority(&two, -10), one])] {
        derivation.set("contents", contents);
        derivation.succeeds();
        assert_eq!(link(&derivation, "/bin/tool"), two.join("bin/tool"));
        assert_eq!(link(&derivation, "/bin/one"), one.join("bin/one"));
        fs::remove_dir_all(derivation.out()).unwrap();
    }
}
