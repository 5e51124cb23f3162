use super::*;

#[test]
fn the_script_is_one_command() {
    let wrapper = Wrapper { program: "/bin/a".into(), runtime: "/it's/a $runtime".into(), bundle: "/store/b?c".into() };
    assert_eq!(
        wrapper.script("run-it"),
        "#!/bin/sh\nOCI_RUNTIME=${OCI_RUNTIME:-'/it'\\''s/a $runtime'} exec '/bin/a' launch 'run-it' '/store/b?c' \"$@\"\n"
    );
}
