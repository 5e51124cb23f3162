//! Variables of the environment that a user adds: on the command line, from the caller's environment, or from a file.

use std::str::FromStr;

use camino::Utf8Path;

/// A variable to set, or to take over from the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None` for what the caller's environment has.
    pub value: Option<String>,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        if name.is_empty() {
            return Err("want NAME=VALUE, or NAME for the caller's value".to_owned());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// What the caller's environment has of this name: nothing, or a value, or one that is not UTF-8.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<Result<String, ()>>;

impl Variable {
    /// The same with the caller's value, where it is that one's. `None` stays where the caller has no such variable.
    ///
    /// # Errors
    /// A value that config.json cannot hold.
    pub fn resolve(self, caller: Lookup<'_>) -> Result<Self, String> {
        if self.value.is_some() {
            return Ok(self);
        }
        match caller(&self.name) {
            Some(Err(())) => Err(format!(
                "'{}': its value in the environment of the caller is not UTF-8, which config.json cannot hold",
                self.name
            )),
            value => Ok(Self { value: value.and_then(Result::ok), ..self }),
        }
    }
}

/// The variables of a file as Docker reads it: `NAME=value` to the end of the line, `NAME` for the caller's value, which is
/// left as it is if there is none, lines that are empty, and comments that start with `#`.
///
/// # Errors
/// The line that is none of these.
pub fn parse_file(file: &Utf8Path, content: &[u8], caller: Lookup<'_>) -> Result<Vec<Variable>, String> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut variables = Vec::new();
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let wrong = |problem: &str| format!("{file}:{}: {problem}", number + 1);
        let line = std::str::from_utf8(line).map_err(|_| wrong("found a line that is not UTF-8"))?;
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let variable: Variable = line.parse().map_err(|_| wrong("found no name before the '=', want NAME=VALUE"))?;
        if variable.name.contains(char::is_whitespace) {
            return Err(wrong(&format!("found the name '{}', want one without spaces", variable.name)));
        }
        if line.contains('\0') {
            return Err(wrong("found a NUL character, which no variable can hold"));
        }
        let variable = variable.resolve(caller).map_err(|problem| wrong(&problem))?;
        if variable.value.is_some() {
            variables.push(variable);
        }
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Option<Result<String, ()>> {
        match name {
            "MINE" => Some(Ok("my value".to_owned())),
            "ODD" => Some(Err(())),
            _ => None,
        }
    }

    fn file(content: &[u8]) -> Result<Vec<String>, String> {
        let variables = parse_file("vars".into(), content, &caller)?;
        Ok(variables.into_iter().map(|variable| format!("{}={}", variable.name, variable.value.unwrap())).collect())
    }

    #[test]
    fn a_name_alone_takes_the_callers_value() {
        let value = |text: &str| text.parse::<Variable>().unwrap().resolve(&caller).map(|variable| variable.value);
        assert_eq!(value("MINE"), Ok(Some("my value".to_owned())));
        assert_eq!(value("MINE="), Ok(Some(String::new())));
        assert_eq!(value("MINE=a=b"), Ok(Some("a=b".to_owned())));
        assert_eq!(value("OTHER"), Ok(None));
        assert_eq!(
            value("ODD"),
            Err("'ODD': its value in the environment of the caller is not UTF-8, which config.json cannot hold"
                .to_owned())
        );
        for text in ["", "=x"] {
            assert_eq!(text.parse::<Variable>().unwrap_err(), "want NAME=VALUE, or NAME for the caller's value");
        }
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
}
