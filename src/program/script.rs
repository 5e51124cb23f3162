//! Scripts: their first line (execve(2), "Interpreter scripts").

/// How much of a script Linux looks at, in bytes (`BINPRM_BUF_SIZE`), as execve(2) says since Linux 5.1.
pub const READ_BY_LINUX: u64 = 256;

/// The first line of a script, behind `#!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The path of the interpreter.
    pub interpreter: String,
    /// All that follows it, as one argument.
    pub argument: String,
}

/// Parses what follows `#!`, as far as Linux reads it.
///
/// # Errors
/// The reason why it cannot be run, in words that follow the script's name.
pub fn parse(start: &[u8]) -> Result<Script, String> {
    let (line, is_whole) = match start.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&start[..end], true),
        None => (start, (start.len() as u64) < READ_BY_LINUX - 2),
    };
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let is_end = |byte: &u8| is_blank(byte) || *byte == 0;
    let line = &line[line.iter().take_while(|byte| is_blank(byte)).count()..];
    let (interpreter, argument) = match line.iter().position(is_end) {
        Some(end) => line.split_at(end),
        None if is_whole => (line, &[][..]),
        None => return Err(format!("has a first line longer than the {} bytes that Linux reads", READ_BY_LINUX - 1)),
    };
    if interpreter.is_empty() {
        return Err("begins with \"#!\", but no interpreter follows".to_owned());
    }
    if line.ends_with(b"\r") {
        return Err("has a first line that ends in a carriage return; save it with Unix line ends".to_owned());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Script { interpreter: text(interpreter), argument: text(argument.trim_ascii()) })
}

impl Script {
    /// The program that is meant where the interpreter is env(1), unless its options make that hard to tell.
    pub fn program_of_env(&self) -> Option<&str> {
        if self.interpreter.rsplit('/').next() != Some("env") {
            return None;
        }
        let mut words = self.argument.split_ascii_whitespace().peekable();
        words.next_if_eq(&"-S");
        words.find(|word| !word.contains('=')).filter(|word| !word.starts_with('-'))
    }

    /// What to try if the interpreter is missing.
    pub fn what_to_try(&self) -> &'static str {
        match self.interpreter.as_str() {
            "/bin/sh" => "add pkgs.dockerTools.binSh to 'contents', or write the script with pkgs.writeShellScript",
            "/usr/bin/env" => "add pkgs.dockerTools.usrBinEnv to 'contents', or let patchShebangs mend the script",
            _ => "name one of the store, such as #!${pkgs.bash}/bin/bash, or add its package to 'contents'",
        }
    }
}

#[cfg(test)]
mod tests {
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
}
