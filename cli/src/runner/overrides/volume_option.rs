//! A volume that `--volume` mounts into a container.

use std::str::FromStr;

use oci_bundle_builder::plan::definition::mount::Destination;
use oci_bundle_builder::plan::definition::named_volume::VolumeName;

/// `NAME:DESTINATION`, and `:ro` if it is to be read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeOption {
    /// Which volume.
    pub name: VolumeName,
    /// Where it is in the container.
    pub destination: Destination,
    /// Whether it cannot be written to.
    pub readonly: bool,
}

impl FromStr for VolumeOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const WANT: &str = "want NAME:DESTINATION, or NAME:DESTINATION:ro";
        let parts: Vec<&str> = text.split(':').collect();
        let (name, destination, options) = match parts[..] {
            [name, destination] => (name, destination, ""),
            [name, destination, options] => (name, destination, options),
            _ => return Err(WANT.to_owned()),
        };
        if name.contains('/') || name.starts_with(['.', '~']) {
            return Err(format!(
                "found the path '{name}', want the name of a volume; --mount mounts a path of the host"
            ));
        }
        let mut readonly = false;
        for option in options.split(',').filter(|_| parts.len() == 3) {
            match option {
                "ro" => readonly = true,
                "rw" => readonly = false,
                _ => return Err(format!("found the option '{option}', want ro or rw")),
            }
        }
        Ok(Self { name: name.parse()?, destination: Destination::parse(destination)?, readonly })
    }
}

#[cfg(test)]
mod tests;
