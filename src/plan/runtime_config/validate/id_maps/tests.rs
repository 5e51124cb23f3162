use serde_json::json;

use super::*;

/// With all mappings read again for each group, this would not end in reasonable time.
#[test]
fn many_groups_are_looked_up_in_many_mappings() {
    const COUNT: u32 = 30_000;
    let mapping = |index: u32| json!({ "containerID": index * 2, "hostID": index * 2, "size": 1 });
    let document = |last: u32| {
        RuntimeConfig::from(json!({
            "process": { "user": { "uid": 0, "gid": 0, "additionalGids": (0..COUNT).map(|index| index * 2).chain([last]).collect::<Vec<_>>() } },
            "linux": {
                "namespaces": [{ "type": "user" }],
                "uidMappings": [mapping(0)],
                "gidMappings": (0..COUNT).rev().map(mapping).collect::<Vec<_>>(),
            },
        }))
    };
    assert_eq!(check(&document(0)), Ok(()));
    let mistake = check(&document(COUNT + 1)).unwrap_err().to_string();
    let path = format!("config.process.user.additionalGids[{COUNT}]");
    assert_eq!(
        mistake,
        format!("{path}: found {} (an integer), want an ID that config.linux.gidMappings maps", COUNT + 1)
    );
}
