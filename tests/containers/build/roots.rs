//! Store paths in the arguments, and the closures they bring.

use crate::support::nix;
use crate::support::runtime;
use crate::support::runtime::Runtime;
use crate::support::tree;

/// The store paths in a bundle, and those that Nix says are the closure of an expression.
fn packed_and_expected(bundle: &str, closure_of: &str) -> (Vec<String>, Vec<String>) {
    let bundle = nix::build(bundle);
    let roots = nix::build(closure_of);
    let mut expected: Vec<_> = nix::store(&["-qR", roots.to_str().unwrap()])
        .iter()
        .filter(|path| **path != roots.to_str().unwrap())
        .map(|path| path.strip_prefix("/nix/store/").unwrap().to_owned())
        .collect();
    expected.sort();
    (tree::names(&bundle.join("rootfs/nix/store")), expected)
}

#[test]
fn a_store_path_brings_its_closure_wherever_it_stands() {
    let (packed, expected) = packed_and_expected(
        r#"buildContainer {
             args = [ "${pkgs.hello}/bin/hello" "--config=${pkgs.jq}/x:${pkgs.busybox}/y,${pkgs.writeText "leaf" "z"}" "-c" "plain" ];
             mounts."/etc/conf" = { source = "${pkgs.writeText "conf" "${pkgs.diffutils}"}"; };
           }"#,
        r#"pkgs.writeText "roots" "${pkgs.hello} ${pkgs.jq} ${pkgs.busybox} ${pkgs.writeText "leaf" "z"} ${
             pkgs.writeText "conf" "${pkgs.diffutils}"}""#,
    );
    assert_eq!(packed, expected);
    assert!(packed.iter().any(|name| name.ends_with("-glibc")), "{packed:?}");
}

#[test]
fn a_root_in_the_middle_of_a_string_can_be_used() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.bash}/bin/bash" "-c" "PATH=/no:${pkgs.coreutils}/bin:/nowhere; cat ${pkgs.writeText "data" "found\n"}" ];
           }"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.sealed().prints(&bundle), "found\n", "{runtime:?}");
    }
}

#[test]
fn what_follows_a_store_path_is_not_part_of_it() {
    let (packed, expected) = packed_and_expected(
        r#"buildContainer { checkProgram = false; args = [ "x" "see ${pkgs.hello}." "${pkgs.hello}-old" "x=${pkgs.jq}?y" ]; }"#,
        r#"pkgs.writeText "roots" "${pkgs.hello} ${pkgs.jq}""#,
    );
    assert_eq!(packed, expected);
}

#[test]
fn a_store_path_that_does_not_stand_in_the_arguments_is_not_left_out_in_silence() {
    let said = nix::build_fails(r#"buildContainer { args = [ "x" "../store/${baseNameOf pkgs.hello}/bin/hello" ]; }"#);
    assert!(said.contains("buildContainer: the arguments depend on the output 'out' of '/nix/store/"), "{said}");
}

#[test]
fn two_thousand_roots_are_found() {
    let bundle = nix::build(
        r#"buildContainer {
             checkProgram = false;
             args = [ "x" ] ++ builtins.genList (number: builtins.toFile "root-${toString number}" "") 2000;
           }"#,
    );
    assert_eq!(tree::names(&bundle.join("rootfs/nix/store")).len(), 2000);
}

#[test]
fn plain_strings_are_just_strings() {
    let bundle = nix::build(
        r#"buildContainer { args = [ "/bin/sh" "-c" "/nix/store" "/nix/store/short" ]; checkProgram = false; }"#,
    );
    assert_eq!(tree::names(&bundle.join("rootfs/nix/store")), Vec::<String>::new());
}

#[test]
fn an_argument_may_be_a_derivation_or_a_path() {
    let bundle = nix::build(
        r##"buildContainer {
              args = [ (pkgs.writeScript "run.sh" "#!${pkgs.bash}/bin/bash\necho \"$(< $1)\"\n") FILE ];
            }"##
        .replace("FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/../../rustfmt.toml"))
        .as_str(),
    );
    assert!(bundle.to_str().unwrap().ends_with("-run.sh"), "{bundle:?}");
    for runtime in runtime::ALL {
        assert_eq!(runtime.sealed().prints(&bundle), include_str!("../../../rustfmt.toml"), "{runtime:?}");
    }
}

#[test]
fn three_thousand_store_paths_are_complete() {
    const CHAIN: &str = r#"
        builtins.foldl' (before: number: builtins.toFile "link-${toString number}" "${before}\n")
          (builtins.toFile "link-0" "end\n") (builtins.genList (number: number + 1) 3000)"#;
    let (packed, expected) = packed_and_expected(
        &format!(r#"buildContainer {{ args = [ "${{pkgs.coreutils}}/bin/cat" ({CHAIN}) ]; }}"#),
        &format!(r#"pkgs.writeText "roots" "${{pkgs.coreutils}} ${{{CHAIN}}}""#),
    );
    assert!(packed.len() > 3001, "{}", packed.len());
    assert_eq!(packed, expected);
    let bundle = nix::build(&format!(r#"buildContainer {{ args = [ "${{pkgs.coreutils}}/bin/cat" ({CHAIN}) ]; }}"#));
    assert!(Runtime::Runc.sealed().prints(&bundle).trim().ends_with("-link-2999"));
}
