use serde_json::json;

use super::*;

#[test]
fn both_names_of_an_architecture_are_right() {
    for (arch, system) in [
        ("x86_64", "x86_64-linux"),
        ("amd64", "x86_64-linux"),
        ("aarch64", "aarch64-linux"),
        ("arm64", "aarch64-linux"),
        ("mips", "mips-linux"),
    ] {
        check_arch(&Field::root(&json!(arch)), system).unwrap();
    }
    assert!(check_arch(&Field::root(&json!("x86_64")), "aarch64-linux").is_err());
    assert!(check_arch(&Field::root(&json!("arm64")), "x86_64-linux").is_err());
}

#[test]
fn the_operating_system_is_that_of_the_packages() {
    check_os(&Field::root(&json!("linux")), "x86_64-linux").unwrap();
    let mistake = check_os(&Field::root(&json!("windows")), "x86_64-linux").unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "found the string \"windows\", want \"linux\", as the packages are for x86_64-linux; \
             leave it out, or take the packages of another system"
    );
}
