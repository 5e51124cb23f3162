//! Containers made of others: `override` and `extend`.

use crate::support::nix;
use crate::support::runner;
use crate::support::runtime;

/// A container that prints a variable and its arguments, changed as often as there are changes.
fn variant(changes: &[&str]) -> String {
    let container = r#"buildContainer {
        name = "greeter";
        args = [ "${pkgs.busybox}/bin/busybox" "sh" "-c" "echo $GREETING $@" "sh" "world" ];
        env.GREETING = "hello";
        readonly = true;
    }"#;
    changes.iter().fold(container.to_owned(), |container, change| format!("({container}).{change}"))
}

#[test]
fn a_variant_is_a_container_of_its_own() {
    for (change, says) in [
        ("override { }", "hello world\n"),
        (r#"override { env.GREETING = "bye"; }"#, "bye world\n"),
        (r#"override (old: { args = old.args ++ [ "again" ]; })"#, "hello world again\n"),
        (r#"extend (old: { args = old.args ++ [ "again" ]; })"#, "hello world again\n"),
        // What is nested is replaced, unless the function merges it.
        (r#"extend (old: { env = { A = "b"; }; })"#, "world\n"),
        (r#"extend (old: { env = old.env // { A = "b"; }; })"#, "hello world\n"),
    ] {
        let bundle = nix::build(&variant(&[change]));
        for runtime in runtime::ALL {
            assert_eq!(runtime.sealed().prints(&bundle), says, "{runtime:?} {change}");
        }
        let run = nix::build(&format!("({}).run", variant(&[change])));
        assert_eq!(runner::prints(runtime::command_for_user(&run.join("bin/run-greeter"), 0)), says, "{change}");
    }
}

#[test]
fn variants_can_be_made_of_variants() {
    let chained = variant(&[
        r#"extend (old: { args = old.args ++ [ "1" ]; })"#,
        r#"override { env.GREETING = "bye"; name = "other"; }"#,
        r#"extend (old: { args = old.args ++ [ old.name ]; })"#,
        r#"override (old: { args = old.args ++ [ "3" ]; })"#,
    ]);
    let bundle = nix::build(&chained);
    assert!(bundle.to_str().unwrap().ends_with("-other"), "{bundle:?}");
    for runtime in runtime::ALL {
        assert_eq!(runtime.sealed().prints(&bundle), "bye world 1 other 3\n", "{runtime:?}");
    }
}

#[test]
fn a_variant_is_what_the_function_makes_of_the_same_arguments() {
    let plain = nix::instantiate(&variant(&[]));
    for changes in [
        ["override { }", "override (old: { })"],
        ["extend (old: old)", "extend (old: { inherit (old) args; })"],
        ["override { readonly = false; }", "override { readonly = true; }"],
        // Null is as if the argument was never given.
        [r#"override { hostname = "x"; }"#, "extend (old: { hostname = null; })"],
    ] {
        assert_eq!(nix::instantiate(&variant(&changes)), plain, "{changes:?}");
    }
    let old = nix::evaluated(&format!("({}).config", variant(&["override { hostname = null; }"])));
    let names: Vec<_> = old.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["args", "env", "hostname", "name", "readonly"]);
}

#[test]
fn behind_call_package_extend_is_still_the_containers() {
    let called = |change: &str| {
        nix::instantiate(&format!(
            r#"(pkgs.callPackage ({{ ociTools, greeting ? "hello" }}: ociTools.buildContainer {{
                 args = [ "x" greeting ]; checkProgram = false;
               }}) {{ }}).{change}"#
        ))
    };
    let expected = nix::instantiate(r#"buildContainer { args = [ "x" "bye" ]; checkProgram = false; }"#);
    assert_eq!(called(r#"override { greeting = "bye"; }"#), expected);
    assert_eq!(called(r#"extend (old: { args = [ "x" "bye" ]; })"#), expected);
}

#[test]
fn a_wrong_change_is_one_line() {
    for (change, message) in [
        (
            "override 5",
            "override: found 5 (an integer), want an attribute set of arguments, such as { readonly = true; }, or a function \
             that returns one for the old arguments",
        ),
        (
            "override (old: [ ])",
            "override: found a function that returns an empty list, want one that returns an attribute set of arguments, such as \
             old: { readonly = true; }",
        ),
        (
            "extend { readonly = true; }",
            "extend: found an attribute set, want a function of the old arguments, such as old: { args = old.args ++ [ \
             \"--verbose\" ]; }; 'override' takes an attribute set",
        ),
        (
            "extend (final: prev: { })",
            "extend: found a function of more than one argument, want one that takes only the old arguments, such as old: { readonly \
             = true; }",
        ),
        ("override { readOnly = true; }", "readOnly: no such argument (did you mean 'readonly'?)"),
        (
            "extend (old: { args = null; })",
            "args: missing; want a non-empty list: the command and its arguments, such as [ \"${pkgs.hello}/bin/hello\" ]",
        ),
    ] {
        let said = nix::build_fails(&variant(&[change]));
        let expected = format!("buildContainer: {message}");
        assert!(
            said.lines().any(|line| line.trim_start().trim_start_matches("error: ") == expected),
            "{expected}\n\n{said}"
        );
    }
}
