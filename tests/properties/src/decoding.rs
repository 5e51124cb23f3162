//! Whatever Nix hands over, decoding it ends with a value or with a message, and never with a panic.

use oci_bundle_builder::plan::definition::Definition;
use oci_bundle_builder::plan::derivation::closure::{Closure, Node};
use oci_bundle_builder::plan::derivation::store::StoreDir;
use oci_bundle_builder::plan::preflight::shebang;
use oci_bundle_builder::plan::runtime_config::{RuntimeConfig, planned_mounts};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::any;

fn no_closure() -> Closure {
    Closure::decode(&[], &StoreDir::new("/nix/store").unwrap()).unwrap()
}

/// Nodes of a graph, of a few store paths and of what is none.
fn graph() -> impl Strategy<Value = Vec<Node>> {
    let path = prop_oneof![
        4 => select(vec!["a", "b", "c", "d"]).prop_map(|name| format!("/nix/store/{}-{name}", "0".repeat(32))),
        1 => any::<String>(),
    ];
    let node = (path.clone(), vec(path, 0..4), any::<u64>());
    vec(node.prop_map(|(path, references, size)| Node { path, references, size }), 0..6)
}

proptest! {
    #[test]
    fn arguments_of_any_shape_decode_or_say_why_not(arguments in any::json()) {
        if let Err(error) = Definition::decode(&arguments, "x86_64-linux") {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
    }

    #[test]
    fn what_decodes_has_a_config_or_says_why_not(arguments in any::container()) {
        let Ok(definition) = Definition::decode(&arguments, "x86_64-linux") else { return Ok(()) };
        let closure = no_closure();
        let mounts = planned_mounts(&definition, &closure);
        match RuntimeConfig::new("it", &definition, &mounts, &closure) {
            Ok(config) => {
                prop_assert!(has_no_null(config.document()), "{config:?}");
                let again = RuntimeConfig::new("it", &definition, &mounts, &closure).unwrap();
                prop_assert_eq!(config.document().to_string(), again.document().to_string());
            }
            Err(error) => {
                let text = error.to_string();
                prop_assert!(!text.is_empty() && !text.contains('\n'), "{text}");
            }
        }
    }

    #[test]
    fn a_graph_that_decodes_is_complete(graph in graph()) {
        let Ok(closure) = Closure::decode(&graph, &StoreDir::new("/nix/store").unwrap()) else { return Ok(()) };
        prop_assert_eq!(closure.paths().len(), graph.len());
        for path in graph.iter().flat_map(|node| node.references.iter().chain([&node.path])) {
            prop_assert!(closure.has(path.as_ref()), "{path}");
        }
    }

    #[test]
    fn the_start_of_a_script_is_read_or_refused(bytes in vec(any::<u8>(), 0..300), is_script in any::<bool>()) {
        let start = if is_script { [b"#!".as_slice(), &bytes].concat() } else { bytes };
        if let Ok(script) = shebang::parse(&start) {
            let _ = script.program_of_env();
        }
    }
}

fn has_no_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => values.iter().all(has_no_null),
        Value::Object(map) => map.values().all(has_no_null),
        _ => true,
    }
}

#[test]
fn a_null_is_seen() {
    assert!(!has_no_null(&json!({ "a": [1, { "b": null }] })));
}
