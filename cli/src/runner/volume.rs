//! A directory or file of the host that is mounted into a container.

use std::str::FromStr;

use camino::Utf8Path;

use oci_bundle_builder::plan::definition::mount::Destination;

/// A bind mount: `SOURCE:DESTINATION`, and `:ro` if it is to be read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// A path of the host.
    pub source: String,
    /// Where it is in the container.
    pub destination: Destination,
    /// Whether it cannot be written to.
    pub readonly: bool,
}

impl Volume {
    /// The same with a source that does not depend on the working directory, which is `cwd` now. The kernel follows its
    /// links and `..`.
    pub fn resolve(mut self, cwd: &Utf8Path) -> Self {
        if !self.source.starts_with('/') {
            let path = cwd.join(&self.source);
            // `join` ends with a slash where the source is `.`.
            let names: Vec<_> = path.as_str().split('/').filter(|name| !matches!(*name, "" | ".")).collect();
            self.source = format!("/{}", names.join("/"));
        }
        self
    }
}

impl FromStr for Volume {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const WANT: &str = "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro";
        let parts: Vec<&str> = text.split(':').collect();
        let (source, destination, options) = match parts[..] {
            [source, destination] => (source, destination, ""),
            [source, destination, options] => (source, destination, options),
            [_] if text.contains('=') => return Err(format!("{WANT}, without type=, source= and target=")),
            [_] => return Err(WANT.to_owned()),
            _ => return Err(format!("{WANT}; a path with ':' cannot be given here")),
        };
        check_source(source)?;
        let mut readonly = false;
        for option in options.split(',').filter(|_| parts.len() == 3) {
            match option {
                "ro" => readonly = true,
                "rw" => readonly = false,
                _ => return Err(format!("found the option '{option}', want ro or rw{}", advice(option))),
            }
        }
        Ok(Self { source: source.to_owned(), destination: Destination::parse(destination)?, readonly })
    }
}

/// What to do in place of an option that Docker or Podman has.
fn advice(option: &str) -> &'static str {
    match option {
        "z" | "Z" => "; with SELinux, label the directory on the host: chcon -R -t container_file_t",
        "O" => "; mount it read-only, or copy it first",
        "U" => "; --userns=keep-id makes the caller's files the container's user's",
        "bind" | "rbind" | "private" | "rprivate" | "slave" | "rslave" => {
            "; what is mounted below the source always comes with it, and no later mount does"
        }
        _ => "",
    }
}

/// A name alone is a volume for Docker and Podman, and they make it: nobody wants that for a directory mistyped.
fn check_source(source: &str) -> Result<(), String> {
    if source.starts_with('~') {
        return Err(format!("found the source '{source}', which the shell has not expanded; write $HOME"));
    }
    if source.is_empty() || (!source.contains('/') && !matches!(source, "." | "..")) {
        let hint = if source.is_empty() { "." } else { source };
        return Err(format!(
            "found the source '{source}', want a path, such as './{hint}' for a directory here; there are no named volumes"
        ));
    }
    if source.contains('\0') {
        return Err("found a NUL character, which no path can hold".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(text: &str) -> Result<(String, bool), String> {
        text.parse::<Volume>().map(|volume| (volume.clone().resolve("/of/caller".into()).source, volume.readonly))
    }

    #[test]
    fn a_source_is_a_path_as_the_caller_sees_it() {
        for (text, source, readonly) in [
            ("/a:/b", "/a", false),
            (".:/b", "/of/caller", false),
            ("./:/b:ro", "/of/caller", true),
            ("..:/b", "/of/caller/..", false),
            ("./x/./y:/b:rw", "/of/caller/x/y", false),
            ("../x:/b:ro,ro", "/of/caller/../x", true),
            ("x/y:/b:ro,rw", "/of/caller/x/y", false),
        ] {
            assert_eq!(volume(text), Ok((source.to_owned(), readonly)), "{text}");
        }
        assert_eq!(".:/b".parse::<Volume>().unwrap().resolve("/".into()).source, "/");
    }

    #[test]
    fn what_is_no_volume_is_told_what_to_write() {
        for (text, problem) in [
            ("/a", "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro"),
            (
                "type=bind,source=/a,target=/b",
                "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro, without type=, source= and target=",
            ),
            ("/a:/b:ro:x", "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro; a path with ':' cannot be given here"),
            (
                "a:/b",
                "found the source 'a', want a path, such as './a' for a directory here; there are no named volumes",
            ),
            (":/b", "found the source '', want a path, such as './.' for a directory here; there are no named volumes"),
            ("~/a:/b", "found the source '~/a', which the shell has not expanded; write $HOME"),
            ("/a:b", "a mount's destination is an absolute path; did you mean \"/b\"?"),
            ("/a:/b:x", "found the option 'x', want ro or rw"),
            ("/a:/b:", "found the option '', want ro or rw"),
            (
                "/a:/b:ro,Z",
                "found the option 'Z', want ro or rw; with SELinux, label the directory on the host: chcon -R -t \
                 container_file_t",
            ),
            ("/a:/b:O", "found the option 'O', want ro or rw; mount it read-only, or copy it first"),
        ] {
            assert_eq!(volume(text), Err(problem.to_owned()), "{text}");
        }
    }
}
