use super::*;

#[test]
fn the_script_is_one_command() {
    let (program, runtime) = ("/bin/a".into(), "/it's/a $runtime".into());
    let wrapper = Wrapper { program, runtime, bundle: "/store/b?c".into(), init: None, pasta: None };
    assert_eq!(
        wrapper.script("run-it"),
        "#!/bin/sh\nOCI_RUNTIME=${OCI_RUNTIME:-'/it'\\''s/a $runtime'} exec '/bin/a' launch 'run-it' '/store/b?c' \"$@\"\n"
    );
}

#[test]
fn the_script_names_an_init_and_pasta() {
    let (program, runtime) = ("/bin/a".into(), "/bin/crun".into());
    let wrapper = Wrapper {
        program,
        runtime,
        bundle: "/store/b".into(),
        init: Some("/bin/an init".into()),
        pasta: Some("/bin/a pasta".into()),
    };
    assert_eq!(
        wrapper.script("run-it"),
        "#!/bin/sh\nexport OCI_INIT=${OCI_INIT:-'/bin/an init'}\nexport OCI_PASTA=${OCI_PASTA:-'/bin/a pasta'}\nOCI_RUNTIME=${OCI_RUNTIME:-'/bin/crun'} exec '/bin/a' launch \
         'run-it' '/store/b' \"$@\"\n"
    );
}
