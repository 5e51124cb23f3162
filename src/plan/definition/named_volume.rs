//! A directory of the container that `oci-bundle run` keeps from one run to the next: a volume, which has a name.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::container_path::ContainerPath;

/// The longest name: with what a run puts before it, it is still that of a file.
const LONGEST: usize = 200;

/// The name of a volume, which is also that of its directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VolumeName(String);

/// Whether a name may have this character.
fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_.-".contains(character)
}

impl FromStr for VolumeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !starts_well || !text.chars().all(is_of_name) {
            return Err(format!(
                "found '{text}', want the name of a volume: letters, digits, '_', '.' and '-', the first a letter or digit"
            ));
        }
        if text.len() > LONGEST {
            return Err(format!("found a name of {} characters, want up to {LONGEST}", text.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl VolumeName {
    /// The name as such.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name of any texts: what no name can have becomes a hyphen.
    ///
    /// # Errors
    /// It would be too long.
    pub fn of_texts(texts: &[&str]) -> Result<Self, String> {
        let hyphenated = |text: &&str| text.chars().map(|c| if is_of_name(c) { c } else { '-' }).collect::<String>();
        let joined = texts.iter().map(hyphenated).collect::<Vec<_>>().join("-");
        joined.trim_start_matches(['_', '.', '-']).parse()
    }
}

impl Display for VolumeName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An element of the argument `volumes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVolume {
    /// Its name, if it has one of its own.
    pub name: Option<VolumeName>,
    /// Where it is in the container.
    pub path: ContainerPath,
}

impl NamedVolume {
    /// Reads `/PATH` or `NAME:/PATH`.
    ///
    /// # Errors
    /// The reason, in words that follow a colon.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = |path| ContainerPath::parse(path, "a volume");
        match text.split_once(":/") {
            Some((source, _)) if source.starts_with(['/', '.', '~']) => {
                Err("a directory of the host is no volume; use the argument 'mounts'".to_owned())
            }
            Some((name, _)) => Ok(Self { name: Some(name.parse()?), path: path(&text[name.len() + 1..])? }),
            None => Ok(Self { name: None, path: path(text)? }),
        }
    }

    /// The volume's name among those of a container of this name.
    ///
    /// # Errors
    /// It would be too long.
    pub fn name_in(&self, container: &str) -> Result<VolumeName, String> {
        let own = self.name.as_ref().map_or_else(|| self.path.as_path().as_str(), VolumeName::as_str);
        VolumeName::of_texts(&[container, own.trim_start_matches('/')])
    }
}

impl Display for NamedVolume {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}:")?;
        }
        self.path.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_written_as_it_is_read() {
        for text in ["/data", "cache:/var/cache", "/"] {
            assert_eq!(NamedVolume::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn its_name_is_made_of_the_containers() {
        for (container, text, name) in [
            ("redis", "/var/lib/redis", "redis-var-lib-redis"),
            ("redis", "data:/var/lib/redis", "redis-data"),
            ("a+b", "/a b", "a-b-a-b"),
            ("/home/ann/bundle", "/x", "home-ann-bundle-x"),
        ] {
            assert_eq!(NamedVolume::parse(text).unwrap().name_in(container).unwrap().as_str(), name);
        }
        assert!(NamedVolume::parse("/x").unwrap().name_in(&"x".repeat(200)).is_err());
    }

    #[test]
    fn what_is_no_volume_is_refused() {
        for (text, problem) in [
            ("data", "a volume is an absolute path; did you mean \"/data\"?"),
            ("/srv:/data", "a directory of the host is no volume; use the argument 'mounts'"),
            ("./x:/data", "a directory of the host is no volume; use the argument 'mounts'"),
            (
                "a b:/data",
                "found 'a b', want the name of a volume: letters, digits, '_', '.' and '-', the first a letter or digit",
            ),
            ("-a:/data", "found '-a', want the name of a volume"),
            ("a/..:/data", "found 'a/..', want the name of a volume"),
            ("/a/..", "a volume has no '..'; write the path without it"),
        ] {
            let found = NamedVolume::parse(text).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }
}
