//! Ranges of users or groups that have other numbers in the container (config-linux.md, "User namespace mappings").

use serde_json::{Value, json};

use crate::field::{Field, Mistake};

/// One range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdMapping {
    /// The first number in the container.
    pub container_id: u32,
    /// The first number on the host.
    pub host_id: u32,
    /// How many there are.
    pub size: u32,
}

impl IdMapping {
    /// The object in config.json.
    pub fn document(&self) -> Value {
        json!({ "containerID": self.container_id, "hostID": self.host_id, "size": self.size })
    }

    fn decode(field: &Field<'_>) -> Result<Self, Mistake> {
        if field.attributes().is_err() {
            return Err(field.unwanted("{ containerID, hostID, size }"));
        }
        field.only(&["containerID", "hostID", "size"], "attribute of a mapping")?;
        let number = |name| match field.get(name)? {
            Some(number) => number.unsigned(),
            None => Err(Mistake::new(&field.path().attribute(name), "missing; the OCI runtime spec requires it")),
        };
        Ok(Self { container_id: number("containerID")?, host_id: number("hostID")?, size: number("size")? })
    }
}

/// Decodes a list of ranges; nothing is an empty one.
///
/// # Errors
/// A [`Mistake`] at the range that is wrong, or that has numbers of another one.
pub fn decode(field: Option<Field<'_>>) -> Result<Vec<IdMapping>, Mistake> {
    let Some(field) = field else { return Ok(Vec::new()) };
    let fields = field.list()?;
    let mappings = fields.iter().map(IdMapping::decode).collect::<Result<Vec<_>, _>>()?;
    let overlap = |one: u32, other: u32, [one_size, other_size]: [u32; 2]| {
        let (one, other) = (u64::from(one), u64::from(other));
        one < other + u64::from(other_size) && other < one + u64::from(one_size)
    };
    for (index, one) in mappings.iter().enumerate() {
        for (before, other) in mappings[..index].iter().enumerate() {
            let sizes = [one.size, other.size];
            let ids = match (
                overlap(one.container_id, other.container_id, sizes),
                overlap(one.host_id, other.host_id, sizes),
            ) {
                (true, _) => "containerIDs",
                (_, true) => "hostIDs",
                _ => continue,
            };
            let problem = format!("its {ids} overlap those of {}", fields[before].path());
            return Err(Mistake::new(fields[index].path(), problem));
        }
    }
    Ok(mappings)
}
