//! `buildImage`, for those who want no bundle.

use crate::support::nix;

const ARGUMENTS: &str =
    r#"{ args = [ "${pkgs.hello}/bin/hello" ]; contents = [ pkgs.bash ]; readonly = true; ports = [ 80 ]; }"#;

#[test]
fn it_is_the_image_of_the_container_with_these_arguments() {
    let repository = nix::repository();
    let of_container = nix::instantiate(&format!("(buildContainer {ARGUMENTS}).image"));
    for function in [
        "buildImage".to_owned(),
        format!("(import {} {{ pkgs = import {0}/tests/pkgs {{ }}; }}).buildImage", repository.display()),
        format!("(import {}/nix/lib/mk-lib.nix pkgs).buildImage", repository.display()),
    ] {
        assert_eq!(nix::instantiate(&format!("{function} {ARGUMENTS}")), of_container, "{function}");
    }
    for output in
        ["layout", "archive", "copyTo", "copyToRegistry", "copyToPodman", "copyToDockerDaemon", "copyToContainerd"]
    {
        assert_eq!(
            nix::instantiate(&format!("(buildImage {ARGUMENTS}).{output}")),
            nix::instantiate(&format!("(buildContainer {ARGUMENTS}).image.{output}")),
            "{output}"
        );
    }
}

#[test]
fn it_needs_no_bundle() {
    let image = nix::instantiate(&format!("buildImage {ARGUMENTS}"));
    let requisites = nix::store(&["--query", "--requisites", image.to_str().unwrap()]);
    let bundle = nix::instantiate(&format!("buildContainer {ARGUMENTS}"));
    assert!(requisites.iter().all(|path| *path != bundle.to_str().unwrap()));
    let builder = nix::instantiate("pkgs.oci-bundle-builder");
    assert!(requisites.iter().all(|path| *path != builder.to_str().unwrap()), "{requisites:?}");
}

#[test]
fn a_variant_is_an_image_too() {
    for change in ["override { image.tag = \"2\"; }", "extend (old: { image.tag = \"2\"; })"] {
        assert_eq!(
            nix::instantiate(&format!("((buildImage {ARGUMENTS}).{change}).override {{ user.uid = 5; }}")),
            nix::instantiate(&format!("buildImage ({ARGUMENTS} // {{ image.tag = \"2\"; user.uid = 5; }})")),
            "{change}"
        );
    }
}

#[test]
fn a_mistake_names_the_function() {
    for (arguments, said) in [
        ("[ ]", "found an empty list, want an attribute set"),
        ("{ args = [ ]; }", "args: found an empty list, want a non-empty list: the command and its arguments"),
        ("{ args = [ \"x\" ]; cmd = [ ]; }", "cmd: no such argument (use the argument 'args'"),
        (
            "{ args = [ \"x\" ]; contents = [ (pkgs.hello // { meta.priority = \"5\"; }) ]; }",
            "contents[0].meta.priority: found the string \"5\", want an integer",
        ),
        (
            "{ args = [ \"x\" ]; store = \"mount\"; }",
            "store: is for bundles, and an image has no use for it; leave it out, or take the image of buildContainer { … }",
        ),
        ("{ args = [ \"x\" ]; runtime = pkgs.runc; }", "runtime: is for bundles, and an image has no use for it"),
        ("{ args = [ \"x\" ]; keepReferences = true; }", "keepReferences: is for bundles, and an image"),
    ] {
        let found = nix::build_fails(&format!("buildImage {arguments}"));
        assert!(found.contains(&format!("error: buildImage: {said}")), "{arguments}: {found}");
    }
    let found = nix::build_fails(&format!("(buildImage {ARGUMENTS}).override 1"));
    assert!(found.contains("error: buildImage: override: found 1 (an integer)"), "{found}");
}

#[test]
fn functions_with_few_arguments_name_one_that_they_do_not_know() {
    for (call, said) in [
        (
            "imageIndex 1",
            "imageIndex: found 1 (an integer), want an attribute set, such as { name = \"web\"; images = [ … ]; }",
        ),
        ("imageIndex { image = [ ]; }", "imageIndex: image: no such argument (did you mean 'images'?)"),
        ("imageIndex { \"a b\" = 1; }", "imageIndex: \"a b\": no such argument"),
        ("testContainers { node = { }; }", "testContainers: node: no such argument (did you mean 'nodes'?)"),
        ("testContainers [ ]", "testContainers: found an empty list, want an attribute set, such as { nodes = "),
    ] {
        let found = nix::build_fails(call);
        assert!(found.contains(said), "{call}: {found}");
    }
}
