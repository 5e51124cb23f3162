use std::fs;

use camino::Utf8PathBuf;

use super::super::variable::tests::caller;
use super::*;

fn file(content: &[u8]) -> Result<Vec<String>, String> {
    let variables = parse_env_file("vars".into(), content, &caller)?;
    Ok(variables.into_iter().map(|variable| format!("{}={}", variable.name, variable.value.unwrap())).collect())
}

#[test]
fn nothing_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| Utf8PathBuf::from_path_buf(folder.path().join(name)).unwrap();
    fs::write(at("file"), "A=1").unwrap();
    rustix::fs::mknodat(CWD, at("pipe").as_std_path(), FileType::Fifo, 0o600.into(), 0).unwrap();
    std::os::unix::fs::symlink("pipe", at("link")).unwrap();
    assert_eq!(read_env_file(&at("file")).unwrap(), b"A=1");
    assert_eq!(read_env_file("/dev/null".into()).unwrap(), b"");
    for name in ["pipe", "link"] {
        let error = format!("{:#}", read_env_file(&at(name)).unwrap_err());
        let path = at(name);
        assert_eq!(
            error,
            format!("reading '{path}': it is a named pipe, which may never end; want a file, or <(command) in a shell")
        );
    }
    assert!(format!("{:#}", read_env_file("/dev/zero".into()).unwrap_err()).ends_with("is longer than 4194304 bytes"));
    assert!(is_own("/dev/fd/7".into()) && is_own("/proc/self/fd/7".into()) && !is_own("/dev/fd/7/x".into()));
}

#[test]
fn a_file_is_read_as_docker_reads_it() {
    let content =
        b"\xef\xbb\xbfA=1\r\n\n# comment\n  B= two words \"and quotes\" # no comment\nMINE\nOTHER\n\tC=\nA=x=y";
    let expected = ["A=1", "B= two words \"and quotes\" # no comment", "MINE=my value", "C=", "A=x=y"];
    assert_eq!(file(content).unwrap(), expected);
    assert_eq!(file(b"").unwrap(), [""; 0]);
}

#[test]
fn a_line_that_is_none_is_named() {
    for (content, problem) in [
        (b"A=1\n=x\n".as_slice(), "vars:2: found no name before the '=', want NAME=VALUE"),
        (b"export A=1", "vars:1: found the name 'export A', want one without spaces"),
        (b"\n\nA=\xff", "vars:3: found a line that is not UTF-8"),
        (b"A=\0", "vars:1: found a NUL character, which no variable can hold"),
        (
            b"ODD",
            "vars:1: 'ODD': its value in the environment of the caller is not UTF-8, which config.json cannot hold",
        ),
    ] {
        assert_eq!(file(content), Err(problem.to_owned()));
    }
}
