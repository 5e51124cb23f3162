use super::*;

#[test]
fn a_field_of_another_place_is_named_with_it() {
    for (name, parent, expected) in [
        ("oomScoreAdj", "linux.resources", "did you mean 'config.process.oomScoreAdj'?"),
        ("capabilities", "linux", "did you mean 'config.process.capabilities'?"),
        ("namespaces", "process", "did you mean 'config.linux.namespaces'?"),
        ("uidMappings", "", "did you mean 'config.linux.uidMappings'?"),
        ("memory", "", "did you mean 'config.linux.resources.memory'?"),
        (
            "limit",
            "linux.resources",
            "did you mean 'config.linux.resources.hugepageLimits[].limit' or 'config.linux.resources.memory.limit' or 'config.linux.resources.pids.limit'?",
        ),
        ("layerFolders", "linux", "did you mean 'config.windows.layerFolders'?"),
        (
            "archMap",
            "linux.seccomp",
            "it is one of Docker's; pass a profile in Docker's format as the argument 'seccomp'",
        ),
        ("env", "", "use the argument 'env' beside 'config'"),
        ("xyzzy", "linux.personality", "there are: domain, flags"),
        ("", "linux.personality", "there are: domain, flags"),
        ("namespaces[]", "linux.personality", "there are: domain, flags"),
        ("enableCmt", "linux.personality", "there are: domain, flags"),
    ] {
        assert_eq!(hint(name, schema::find(parent).unwrap()), expected, "{parent} {name}");
    }
}

#[test]
fn a_misspelt_field_is_the_one_beside_it() {
    assert_eq!(hint("readOnly", schema::find("root").unwrap()), "did you mean 'readonly'?");
}
