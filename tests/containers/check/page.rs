//! The examples of docs/test.md.

use std::collections::BTreeSet;

use serde_json::Value;

use super::script::result;
use super::several_containers::DB_AND_WEB;
use crate::support::nix;

const PAGE: &str = include_str!("../../../docs/test.md");

/// The blocks of the page in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let starts = PAGE.split(fence.as_str()).skip(1);
    starts.map(|rest| rest.split_once("```").unwrap().0).collect()
}

#[test]
fn the_examples_of_the_page_pass() {
    let [checks, several] = blocks("nix")[..] else { panic!("two examples") };
    let definitions = r#"
      myContainer = buildContainer {
        args = [ "sh" "-c" "true" ];
        contents = [ pkgs.bash ];
      };
      web = buildContainer {
        name = "web";
        args = [ "httpd" "-f" "-p" "8080" "-h" "/www" ];
        contents = [ pkgs.busybox ];
        files."/www/index.html".text = "Welcome\n";
      };
    "#;
    let output = nix::nix_build(&format!("let {definitions} in {{ {checks} }}.checks.x86_64-linux")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3);
    result(&format!("(let {DB_AND_WEB} in {several})"));
}

#[test]
fn the_result_of_the_page_has_the_fields_of_a_result() {
    let [shown] = blocks("json")[..] else { panic!("one result") };
    let shown: Value = serde_json::from_str(shown).unwrap();
    let script = "container start; container wait";
    let container = "(buildContainer { name = \"web\"; args = [ \"echo\" ]; contents = [ pkgs.busybox ]; })";
    let found = result(&format!("({container}.test {{ script = {}; }})", nix::string(script)));
    assert_eq!(fields(&shown), fields(&found));
}

/// The paths of all fields.
fn fields(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => {
            let paths = members
                .iter()
                .flat_map(|(name, value)| fields(value).into_iter().map(move |path| format!("{name}.{path}")));
            paths.collect()
        }
        Value::Array(elements) => elements.iter().flat_map(fields).map(|path| format!("[].{path}")).collect(),
        _ => BTreeSet::from([String::new()]),
    }
}
