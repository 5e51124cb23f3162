use super::*;
use crate::plan::diagnostics::AttrPath;

fn resources(value: &Value) -> Result<Value, String> {
    let limits = Limits::decode(&Field::at(AttrPath::default().attribute("limits"), value));
    limits.map(|limits| limits.resources().into()).map_err(|error| error.to_string())
}

#[test]
fn each_is_a_field_of_the_specification() {
    for (value, wanted) in [
        (json!({}), json!({})),
        (
            json!({ "memory": "512M", "cpus": 1.5, "pids": 100 }),
            json!({
                "memory": { "limit": 536_870_912 },
                "cpu": { "quota": 150_000, "period": 100_000 },
                "pids": { "limit": 100 },
            }),
        ),
        (json!({ "memory": 10_000_000, "cpus": null }), json!({ "memory": { "limit": 10_000_000 } })),
        (json!({ "memory": "10000000" }), json!({ "memory": { "limit": 10_000_000 } })),
        (json!({ "memory": "2g" }), json!({ "memory": { "limit": 1_u64 << 31 } })),
        (json!({ "memory": "1T" }), json!({ "memory": { "limit": 1_u64 << 40 } })),
        (json!({ "memory": "6144K" }), json!({ "memory": { "limit": 6 << 20 } })),
        (json!({ "cpus": 2 }), json!({ "cpu": { "quota": 200_000, "period": 100_000 } })),
        // 0.29 × 100000 is a little less than 29000 in floating point.
        (json!({ "cpus": 0.29 }), json!({ "cpu": { "quota": 29_000, "period": 100_000 } })),
        (json!({ "cpus": 0.01 }), json!({ "cpu": { "quota": 1_000, "period": 100_000 } })),
        (json!({ "pids": 1 }), json!({ "pids": { "limit": 1 } })),
    ] {
        assert_eq!(resources(&value), Ok(wanted), "{value}");
    }
}

#[test]
fn a_mistake_is_named() {
    let unit = "want a number of bytes, with K, M, G or T for units of 1024, such as \"512M\"";
    let cpus = "want a number of processors from 0.01 to 8192, such as 1.5";
    let pids = "want a number of processes, an integer from 1 to 4194304";
    for (value, message) in [
        (json!([]), "limits: found an empty list, want an attribute set".to_owned()),
        (json!({ "cpu": 1 }), "limits.cpu: no such limit (did you mean 'cpus'?)".to_owned()),
        (json!({ "nofile": 1 }), "limits.nofile: no such limit (there are: memory, cpus, pids)".to_owned()),
        (
            json!({ "memory": "512MiB" }),
            format!("limits.memory: found the string \"512MiB\", {unit}; did you mean \"512M\"?"),
        ),
        (json!({ "memory": "512 MB" }), format!("limits.memory: found the string \"512 MB\", {unit}")),
        (json!({ "memory": "M" }), format!("limits.memory: found the string \"M\", {unit}")),
        (json!({ "memory": "-1" }), format!("limits.memory: found the string \"-1\", {unit}")),
        (json!({ "memory": "1.5G" }), format!("limits.memory: found the string \"1.5G\", {unit}")),
        (
            json!({ "memory": "99999999999T" }),
            format!("limits.memory: found the string \"99999999999T\", {unit}"),
        ),
        (
            json!({ "memory": 512 }),
            "limits.memory: found 512 (an integer), want at least \"6M\", with which a container starts; is the unit missing?"
                .to_owned(),
        ),
        (
            json!({ "memory": 1.5 }),
            "limits.memory: found 1.5 (a float), want a string such as \"512M\", or a number of bytes".to_owned(),
        ),
        (
            json!({ "memory": u64::MAX }),
            format!(
                "limits.memory: found {} (an integer), want a string such as \"512M\", or a number of bytes",
                u64::MAX
            ),
        ),
        (json!({ "cpus": "1.5" }), format!("limits.cpus: found the string \"1.5\", {cpus}")),
        (json!({ "cpus": 0 }), format!("limits.cpus: found 0 (an integer), {cpus}")),
        (json!({ "cpus": 0.005 }), format!("limits.cpus: found 0.005 (a float), {cpus}")),
        (json!({ "cpus": 1e300 }), format!("limits.cpus: found 1e+300 (a float), {cpus}")),
        (json!({ "pids": 0 }), format!("limits.pids: found 0 (an integer), {pids}")),
        (json!({ "pids": 1.5 }), format!("limits.pids: found 1.5 (a float), {pids}")),
        (json!({ "pids": 5_000_000 }), format!("limits.pids: found 5000000 (an integer), {pids}")),
    ] {
        assert_eq!(resources(&value), Err(message), "{value}");
    }
}
