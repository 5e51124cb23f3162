use super::*;
use crate::command_line;

fn said(words: &[&str]) -> String {
    let words = [&["oci-bundle"], words].concat().into_iter().map(Into::into).collect();
    one_line(&command_line::parse(words, false).err().expect("a command line that is wrong"))
}

#[test]
fn what_is_wrong_is_one_line() {
    let hint = "write '--' before the arguments of the container's program";
    for (words, line) in [
        (&["run", "./result", "ls", "/"][..], format!("unexpected argument 'ls' found; {hint}: -- ls")),
        (&["launch", "run-it", "/bundle", "ls", "/"], format!("unexpected argument 'ls' found; {hint}: -- ls")),
        (
            &["launch", "run-it", "/bundle", "--restart"],
            "unexpected argument '--restart' found; to pass '--restart' as a value, use '-- --restart'".to_owned(),
        ),
        (&["run"], "the following required arguments were not provided: <BUNDLE>".to_owned()),
        (&["rum"], "unrecognized subcommand 'rum'".to_owned()),
        (&["run", "--env"], "a value is required for '--env <NAME[=VALUE]>' but none was supplied".to_owned()),
        (
            &["run", "--userns=host", "./result"],
            "invalid value 'host' for '--userns <keep-id[:uid=UID,gid=GID]>': found 'host', want keep-id, or \
             keep-id:uid=NUMBER,gid=NUMBER"
                .to_owned(),
        ),
    ] {
        assert_eq!(said(words), line, "{words:?}");
    }
}

#[test]
fn the_script_of_a_container_has_its_own_help() {
    let error =
        command_line::parse(["oci-bundle", "launch", "run-it", "/bundle", "--help"].map(Into::into).into(), false);
    let help = error.err().expect("help").to_string();
    assert!(help.contains("Usage: run-it [OPTIONS] [-- <ARGS>...]"), "{help}");
    assert!(!help.to_lowercase().contains("<bundle>"), "{help}");
}
