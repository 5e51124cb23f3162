//! What came of the containers of a test.

use std::time::Duration;

use serde_json::{Value, json};

use super::node::{Node, NodeRun};

/// All runs of all containers, as JSON. Times are milliseconds from the start of the test.
pub fn document(nodes: &[Node], time: Duration) -> Value {
    let run = |run: &NodeRun| {
        json!({
            "startedAt": milliseconds(run.started),
            "endedAt": run.exit.map(|exit| milliseconds(exit.at)),
            "exitCode": run.exit.map(|exit| exit.code),
            "outputBytes": run.log.total(),
            "output": String::from_utf8_lossy(run.log.bytes()),
        })
    };
    let nodes = nodes.iter().map(|node| {
        let runs: Vec<_> = node.runs.iter().map(run).collect();
        (node.spec.name.clone(), json!({ "runs": runs }))
    });
    json!({ "milliseconds": milliseconds(time), "containers": nodes.collect::<serde_json::Map<_, _>>() })
}

/// How each container is, with its last lines.
pub fn failure(nodes: &[Node]) -> Vec<String> {
    let mut lines = Vec::new();
    for node in nodes {
        let name = &node.spec.name;
        let printed = node.last().map(|run| run.log.last_lines()).unwrap_or_default();
        let how = match node.last().map(|run| run.exit) {
            None => "was not started".to_owned(),
            Some(None) => "was running".to_owned(),
            Some(Some(exit)) => format!("had ended with exit code {}", exit.code),
        };
        if printed.is_empty() {
            lines.push(format!("{name} {how}, and has printed nothing"));
        } else {
            lines.push(format!("{name} {how}; its last lines:"));
            lines.extend(printed.into_iter().map(|line| format!("  {line}")));
        }
    }
    lines
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
