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
            "/usr/bin/env" => "add pkgs.dockerTools.usrBinEnv to 'contents', or let patchShebangs rewrite the script",
            _ => "use one from the store, such as #!${pkgs.bash}/bin/bash, or add its package to 'contents'",
        }
    }
}

#[cfg(test)]
mod tests;
