//! Programs that come through a mount, or that one hides.

use std::fs;

use serde_json::{Value, json};

use crate::program::{X86_64, app, elf, fails};

#[test]
fn a_mount_that_hides_the_program_is_named() {
    let (mut derivation, app) = app(elf(X86_64, None));
    let name = app.file_name().unwrap().to_str().unwrap().to_owned();
    let store = derivation.store();
    derivation.set("mounts", json!({ "/tmp": null, store.to_str().unwrap(): { "type": "tmpfs" } }));
    fails(
        &derivation,
        &format!(
            "args[0]: \"TMP/store/{name}/bin/app\" is hidden by mounts.\"TMP/store\"; choose another destination, or set checkProgram = false if it has the program too"
        ),
    );
    derivation.set("mounts", json!({ "/tmp": null, app.join("bin").to_str().unwrap(): "/srv/bin" }));
    fails(
        &derivation,
        "args[0]: \"APP/bin/app\" comes through mounts.\"APP/bin\", which the build cannot see; set checkProgram = false if the program will be there when the container starts",
    );
}

#[test]
fn a_program_may_come_through_a_mount() {
    let (mut derivation, app) = app(elf(X86_64, None));
    // From the closure it can be looked at.
    for (mounts, program) in [
        (json!({ "/app": app }), "/app/bin/app".to_owned()),
        (json!({ "/run/app": app.join("bin/app") }), "/run/app".to_owned()),
        (
            json!({ derivation.store().to_str().unwrap(): derivation.store() }),
            app.join("bin/app").display().to_string(),
        ),
        (json!({ "/host": "/" }), format!("/host{}", app.join("bin/app").display())),
    ] {
        let mut all = mounts.clone();
        all["/tmp"] = Value::Null;
        derivation.set("mounts", all);
        derivation.set("args", json!([program]));
        derivation.succeeds();
        fs::remove_dir_all(derivation.out()).unwrap();
    }
    derivation.set("mounts", json!({ "/tmp": null, "/app": app }));
    derivation.set("args", json!(["/app/bin/ap"]));
    fails(&derivation, "args[0]: \"/app/bin/ap\" is not in the container; did you mean \"/app/bin/app\"?");

    // From the host it cannot, unless the check is off.
    derivation.set("mounts", json!({ "/tmp": null, "/srv": "/srv" }));
    derivation.set("args", json!(["/srv/run"]));
    fails(
        &derivation,
        "args[0]: \"/srv/run\" comes through mounts.\"/srv\", which the build cannot see; set checkProgram = false if the program will be there when the container starts",
    );
    derivation.set("checkProgram", json!(false));
    derivation.succeeds();
}
