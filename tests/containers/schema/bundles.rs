//! config.json against the runtime spec's own JSON schema.

use std::fs;

use serde_json::Value;

use crate::schema::debian::{read, validator};
use crate::support::nix;

fn violations(document: &Value) -> Vec<String> {
    validator().iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn config_json_is_valid_and_has_no_null() {
    for container in [
        r#"buildContainer { args = [ "${pkgs.hello}/bin/hello" ]; }"#,
        r#"buildContainer { checkProgram = false; args = [ "x" ]; os = "linux"; arch = "x86_64"; mounts = { "/a" = "/b"; "/c" = { type = "tmpfs"; options = [ ]; }; "/tmp" = null; }; }"#,
        r#"buildContainer { checkProgram = false; args = [ "x" ]; user = { uid = 1; umask = "022"; }; env.A = "b"; cwd = "/x"; terminal = true; config.linux.resources.pids.limit = 5; }"#,
        r#"example "nginx" { inherit pkgs; }"#,
    ] {
        let file = nix::build(container).join("config.json");
        let document = read(&file);
        assert_eq!(violations(&document), Vec::<String>::new(), "{container}");
        assert!(!fs::read_to_string(file).unwrap().contains("null"), "{container}");
        assert_eq!(document.get("platform"), None);
    }
}

#[test]
fn the_schema_would_notice() {
    let mut document =
        read(&nix::build(r#"buildContainer { checkProgram = false; args = [ "x" ]; }"#).join("config.json"));
    document["mounts"][0]["options"] = Value::Null;
    document["linux"]["namespaces"][0]["type"] = "nothing".into();
    let violations = violations(&document);
    assert_eq!(violations.len(), 2, "{violations:?}");
}
