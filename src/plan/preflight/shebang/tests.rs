use super::*;

fn parsed(line: &str) -> Result<(String, String), String> {
    parse(line.as_bytes()).map(|script| (script.interpreter, script.argument))
}

#[test]
fn the_first_line_is_read_as_linux_does() {
    let parts = |interpreter: &str, argument: &str| Ok((interpreter.to_owned(), argument.to_owned()));
    assert_eq!(parsed("/bin/sh\necho"), parts("/bin/sh", ""));
    assert_eq!(parsed(" \t/bin/sh  -e x \necho"), parts("/bin/sh", "-e x"));
    assert_eq!(parsed("/bin/sh"), parts("/bin/sh", ""));
    assert_eq!(parsed(&format!("/bin/sh {}", "x".repeat(300))[..254]), parts("/bin/sh", &"x".repeat(246)));
    assert!(parsed(&"x".repeat(254)).unwrap_err().contains("longer than the 255 bytes"));
    assert!(parsed("\n/bin/sh").unwrap_err().contains("no interpreter follows"));
    assert!(parsed("/bin/sh\r\n").unwrap_err().contains("carriage return"));
}

#[test]
fn env_is_asked_for_a_program() {
    for (line, program) in [
        ("/usr/bin/env bash", Some("bash")),
        ("/usr/bin/env -S A=1 python3 -u", Some("python3")),
        ("/usr/bin/env -i bash", None),
        ("/usr/bin/env", None),
        ("/bin/bash env", None),
    ] {
        assert_eq!(parse(line.as_bytes()).unwrap().program_of_env(), program, "{line}");
    }
}
