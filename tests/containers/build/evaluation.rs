//! What Nix evaluates before anything is built: shapes, names, store paths.

use crate::support::nix;

#[test]
fn a_value_of_any_type_in_any_place_is_no_error_of_the_evaluator() {
    // One value names this derivation, which newer versions of Nix want to be there, and an evaluation does not write.
    nix::instantiate("pkgs.hello");
    let outcomes = nix::evaluated(&format!(
        "import {}/tests/containers/build/shapes.nix {{ inherit pkgs buildContainer; }}",
        nix::repository().display()
    ));
    let count = |name: &str| outcomes[name].as_u64().unwrap();
    assert!(count("fine") > 500 && count("refused") > 500, "{outcomes}");
    assert_eq!(outcomes["none"].as_array().unwrap().len(), 0, "{outcomes}");
}

#[test]
fn a_store_path_ends_where_its_name_has_to() {
    // In an attempt at each length of what follows, this would not end in reasonable time.
    let letters = "builtins.concatStringsSep \"\" (builtins.genList (index: \"abcdefghij\") 100000)";
    let found = nix::evaluated(&format!(
        "let file = builtins.toFile \"x\" \"\";
         in map (text: map (path: path == file) (import {}/nix/lib/internal/store-paths.nix \"f\" text)) [
           \"${{file}}${{{letters}}}\" \"${{file}} ${{file}}.b/${{file}}\" \"\" \"${{file}}\"
         ]",
        nix::repository().display()
    ));
    assert_eq!(found, serde_json::json!([[true], [true], [], [true]]));
}

#[test]
fn a_name_of_any_length_is_no_more_work_than_a_long_one() {
    let name = "(builtins.concatStringsSep \"\" (builtins.genList (index: \"abcdefghij\") 100000))";
    for (arguments, start) in [
        (format!("{{ args = [ \"x\" ]; ${{{name}}} = 1; }}"), "buildContainer: \"abcdefghij"),
        (format!("{{ args = [ \"x\" ]; name = {name}; }}"), "buildContainer: name: found the string \"abcdefghij"),
        (
            format!("{{ args = [ \"x\" ]; readonly = {name}; }}"),
            "buildContainer: readonly: found the string \"abcdefghij",
        ),
    ] {
        let said = nix::build_fails(&format!("buildContainer {arguments}"));
        let line = said.lines().find_map(|line| line.trim_start().strip_prefix("error: ")).unwrap();
        assert!(line.starts_with(start) && line.len() < 1000, "{line}");
    }
    let name = nix::evaluated(&format!("(buildContainer {{ args = [ {name} ]; }}).name"));
    assert_eq!(name.as_str().unwrap().len(), 199);
}

#[test]
fn nothing_deceptive_is_left_in_a_message() {
    for code in ["007f", "0085", "009b", "061c", "200e", "200f", "2028", "2029", "202a", "202e", "2066", "2069"] {
        let text = format!("a{}b", char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        let quoted = nix::string(&text);
        let escaped = format!("\"a\\u{code}b\"");
        for (arguments, message) in [
            (
                format!("{{ args = [ \"x\" ]; readonly = {quoted}; }}"),
                format!("readonly: found the string {escaped}, want"),
            ),
            (format!("{{ args = [ \"x\" ]; mounts.{quoted} = x: x; }}"), format!("mounts.{escaped}: found a function")),
            (format!("{{ args = [ \"x\" ]; {quoted} = 1; }}"), format!("{escaped}: no such argument")),
        ] {
            let said = nix::build_fails(&format!("buildContainer {arguments}"));
            let line = said.lines().find(|line| line.contains("error: buildContainer: ")).unwrap();
            assert!(line.contains(&format!("buildContainer: {message}")) && !line.contains(&text), "{line}");
        }
    }
}

#[test]
fn a_field_of_the_spec_that_is_no_argument_is_answered_with_its_place() {
    let schema = crate::schema::debian::load();
    let places: Vec<_> = schema.places().iter().map(|place| place.pattern()).collect();
    for name in [
        "oomScoreAdj",
        "maskedPaths",
        "noNewPrivileges",
        "createRuntime",
        "startContainer",
        "uidMappings",
        "resources",
        "process",
    ] {
        let answer = nix::evaluated(&format!(
            "(import {}/nix/lib/internal/foreign-names.nix {}).argument",
            nix::repository().display(),
            nix::string(name)
        ));
        let place = answer.as_str().unwrap().strip_prefix("use config.").unwrap();
        assert!(place.rsplit('.').next() == Some(name) && places.iter().any(|known| known == place), "{answer}");
    }
}

#[test]
fn nix_knows_every_hook_of_the_spec() {
    let schema = crate::schema::debian::load();
    let mut hooks: Vec<_> = schema.places().iter().map(|place| place.pattern()).collect();
    hooks.retain(|place| place.starts_with("hooks.") && !place.contains('[') && place.matches('.').count() == 1);
    hooks.sort();
    let known = nix::evaluated(&format!(
        "builtins.sort builtins.lessThan (map (name: \"hooks.${{name}}\")
           (import {}/nix/lib/internal/runtime-spec.nix).hookNames)",
        nix::repository().display()
    ));
    assert_eq!(known, serde_json::json!(hooks));
}

#[test]
fn no_field_of_the_spec_is_taken_for_that_of_another_tool() {
    let fields = crate::schema::debian::load();
    let fields: Vec<_> =
        fields.places().iter().map(|place| place.pattern()).filter(|name| !name.contains(['.', '['])).collect();
    assert!(fields.contains(&"process".to_owned()) && fields.len() > 10, "{fields:?}");
    let fields: Vec<_> = fields.iter().map(|name| nix::string(name)).collect();
    let taken = nix::evaluated(&format!(
        "builtins.filter (name: (import {}/nix/lib/internal/foreign-names.nix name).config != null) [ {} \"freebsd\" ]",
        nix::repository().display(),
        fields.join(" ")
    ));
    assert_eq!(taken, serde_json::json!([]));
}
