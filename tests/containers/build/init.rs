//! The argument `init`, as Nix takes it.

use crate::support::nix;

fn with(init: &str) -> String {
    format!("(buildContainer {{ args = [ \"${{pkgs.hello}}/bin/hello\" ]; {init} }})")
}

#[test]
fn its_forms_mean_the_same() {
    let plain = nix::instantiate(&with(""));
    for none in ["init = false;", "init = null;"] {
        assert_eq!(nix::instantiate(&with(none)), plain, "{none}");
    }
    let catatonit = nix::instantiate(&with("init = true;"));
    assert_ne!(catatonit, plain);
    for same in ["init = pkgs.catatonit;", "init = \"${pkgs.catatonit}/bin/catatonit\";"] {
        assert_eq!(nix::instantiate(&with(same)), catatonit, "{same}");
    }
    assert_ne!(nix::instantiate(&with("init = pkgs.busybox;")), catatonit);
}

#[test]
fn it_is_in_the_closure() {
    let catatonit = nix::build("pkgs.catatonit");
    let closure = nix::build(&format!("{}.closure", with("init = true;")));
    let closure = std::fs::read_to_string(&closure).unwrap();
    assert!(closure.lines().any(|line| *line == *catatonit.to_str().unwrap()), "{closure}");
}

#[test]
fn a_set_without_catatonit_is_told() {
    let library = "(import REPOSITORY { }).mkLib (removeAttrs pkgs [ \"catatonit\" ])";
    let library = library.replace("REPOSITORY", nix::repository().to_str().unwrap());
    let call = |arguments: &str| {
        format!("(({library}).buildContainer {{ args = [ \"${{pkgs.hello}}/bin/hello\" ]; {arguments} }})")
    };
    let said = nix::build_fails(&call("init = true;"));
    let line = "buildContainer: init: the package set has no catatonit, which is the init; add pkgs.catatonit, or name another init, \
                such as pkgs.tini";
    assert!(said.lines().any(|found| found.ends_with(line)), "{said}");
    // Nothing else needs it.
    assert_eq!(nix::instantiate(&call("")), nix::instantiate(&with("")));
    let run = nix::build(&format!("{}.run", call("")));
    assert!(!std::fs::read_to_string(run.join("bin/run-hello")).unwrap().contains("OCI_INIT"));
}

#[test]
fn what_is_no_init_is_one_line() {
    for (init, said) in [
        (
            "init = 1;",
            "buildContainer: init: found 1 (an integer), want true, or a package, such as pkgs.tini, or the path of a program",
        ),
        (
            "init = \"tini\";",
            "buildContainer: init: found the string \"tini\", want the absolute path of an init, such as \"${pkgs.tini}/bin/tini\"",
        ),
        (
            "config.init = true;",
            "buildContainer: config.init: no such field in the OCI runtime spec (use the argument 'init', ",
        ),
    ] {
        let found = nix::build_fails(&with(init));
        assert!(found.contains(said), "{init}: {found}");
    }
}
