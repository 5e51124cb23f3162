use super::*;

#[test]
fn the_script_is_one_command() {
    let (program, runtime) = ("/bin/a".into(), "/it's/a $runtime".into());
    let wrapper = Wrapper { program, runtime, bundle: "/store/b?c".into(), init: None };
    assert_eq!(
        wrapper.script("run-it"),
        "#!/bin/sh\nOCI_RUNTIME=${OCI_RUNTIME:-'/it'\\''s/a $runtime'} exec '/bin/a' launch 'run-it' '/store/b?c' \"$@\"\n"
    );
}

#[test]
fn the_script_names_an_init() {
    let (program, runtime) = ("/bin/a".into(), "/bin/crun".into());
    let wrapper = Wrapper { program, runtime, bundle: "/store/b".into(), init: Some("/bin/an init".into()) };
    assert_eq!(
        wrapper.script("run-it"),
        "#!/bin/sh\nexport OCI_INIT=${OCI_INIT:-'/bin/an init'}\nOCI_RUNTIME=${OCI_RUNTIME:-'/bin/crun'} exec '/bin/a' launch \
         'run-it' '/store/b' \"$@\"\n"
    );
}
