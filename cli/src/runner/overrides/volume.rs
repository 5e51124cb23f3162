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

/// A name alone is a volume, which is made: nobody wants that for a directory mistyped, so it has an option of its own.
fn check_source(source: &str) -> Result<(), String> {
    if source.starts_with('~') {
        return Err(format!("found the source '{source}', which the shell has not expanded; write $HOME"));
    }
    if source.is_empty() || (!source.contains('/') && !matches!(source, "." | "..")) {
        let hint = if source.is_empty() { "." } else { source };
        return Err(format!(
            "found the source '{source}', want a path, such as './{hint}' for a directory here; --volume mounts a volume"
        ));
    }
    if source.contains('\0') {
        return Err("found a NUL character, which no path can hold".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
