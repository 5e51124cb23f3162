use serde_json::{Value, json};

use super::*;

/// The names and the mounts of a bundle `web` that asks for these volumes, with these options of the command line.
fn add(volumes: &[&str], options: &[&str], mounts: &[&str]) -> Result<(Vec<String>, Value), String> {
    let run = json!({ "volumes": volumes }).to_string();
    let before = json!([{ "destination": "/a", "source": "of the bundle" }]);
    let document = json!({ "annotations": { "io.github.oci-bundle.run": run }, "mounts": before });
    let mut config = RuntimeConfig::from(document);
    let overrides = Overrides {
        named_volumes: options.iter().map(|option| option.parse().unwrap()).collect(),
        volumes: mounts.iter().map(|mount| mount.parse().unwrap()).collect(),
        ..Overrides::default()
    };
    let asked = AskedVolumes { overrides: &overrides, container: "web" };
    let planned = PlannedVolumes::add(&mut config, asked, || Ok("/kept".into()));
    let names = planned.map_err(|error| format!("{error:#}"))?.names;
    Ok((names.iter().map(|(place, name)| format!("{name} {place}")).collect(), config["mounts"].clone()))
}

#[test]
fn they_are_mounted_in_place_of_what_was_there() {
    let (names, mounts) = add(&["/a", "own:/b", "/c", "/a"], &["x:/c:ro"], &[]).unwrap();
    assert_eq!(names, ["web-a /a", "web-own /b", "x /c"]);
    let mount = |destination: &str, name: &str, access: &str| {
        let source = format!("/kept/{name}/data");
        json!({ "destination": destination, "type": "bind", "source": source, "options": ["rbind", access] })
    };
    assert_eq!(mounts, json!([mount("/a", "web-a", "rw"), mount("/b", "web-own", "rw"), mount("/c", "x", "rro")]));
}

#[test]
fn the_command_line_wins_over_the_bundle() {
    assert_eq!(add(&["/a"], &[], &["/srv:/a"]).unwrap().0, [""; 0]);
    assert_eq!(add(&["/a"], &["x:/a"], &[]).unwrap().0, ["x /a"]);
    let (names, _) = add(&[], &["x:/a", "x:/b"], &[]).unwrap();
    assert_eq!(names, ["x /a", "x /b"]);
}

#[test]
fn two_that_would_be_one_are_refused() {
    for (found, problem) in [
        (
            add(&["/a/b", "/a-b"], &[], &[]),
            "volumes: '/a-b': its name would be 'web-a-b', as that of the volume at '/a/b'; give it another with \
             --volume NAME:/a-b",
        ),
        (
            add(&["/"], &[], &[]),
            "volumes: '/': a mount on \"/\" would hide the container's program; name a directory below it",
        ),
        (
            add(&[], &["x:/a", "y:/a"], &[]),
            "--volume: something else is mounted at '/a', too; leave one of the options out",
        ),
        (
            add(&[], &["x:/a"], &["/srv:/a"]),
            "--volume: something else is mounted at '/a', too; leave one of the options out",
        ),
    ] {
        assert_eq!(found.unwrap_err(), problem);
    }
}
