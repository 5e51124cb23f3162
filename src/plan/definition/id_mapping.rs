//! Ranges of users or groups that have other numbers in the container (config-linux.md, "User namespace mappings").

use std::ops::Range;

use serde_json::{Value, json};

use crate::plan::diagnostics::{ArgumentError, Field, LAST_ID};

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

    fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        if field.attributes().is_err() {
            return Err(field.unwanted("{ containerID, hostID, size }"));
        }
        field.only(&["containerID", "hostID", "size"], "attribute of a mapping")?;
        let number = |name| match field.get(name)? {
            Some(number) => number.unsigned(),
            None => Err(ArgumentError::new(&field.path().attribute(name), "missing; the OCI runtime spec requires it")),
        };
        let mapping = Self { container_id: number("containerID")?, host_id: number("hostID")?, size: number("size")? };
        if let (0, Some(size)) = (mapping.size, field.get("size")?) {
            return Err(size.unwanted("an integer that is at least 1"));
        }
        for (ids, range) in mapping.ranges() {
            let last = range.end - 1;
            if last > u64::from(LAST_ID) {
                return Err(ArgumentError::new(
                    field.path(),
                    format!("its {ids} go up to {last}, want at most {LAST_ID}"),
                ));
            }
        }
        Ok(mapping)
    }

    /// Whether the container has this number.
    pub fn has(&self, id: u64) -> bool {
        let [(_, inside), _] = self.ranges();
        inside.contains(&id)
    }

    /// The numbers inside and outside, with what they are called.
    fn ranges(&self) -> [(&'static str, Range<u64>); 2] {
        let range = |first: u32| u64::from(first)..u64::from(first) + u64::from(self.size);
        [("containerIDs", range(self.container_id)), ("hostIDs", range(self.host_id))]
    }
}

/// Decodes a list of ranges; nothing is an empty one.
///
/// # Errors
/// An [`ArgumentError`] at the range that is wrong, or that has numbers of another one.
pub fn decode(field: Option<Field<'_>>) -> Result<Vec<IdMapping>, ArgumentError> {
    let Some(field) = field else { return Ok(Vec::new()) };
    let fields = field.list()?;
    let mappings = fields.iter().map(IdMapping::decode).collect::<Result<Vec<_>, _>>()?;
    for side in 0..2 {
        let mut sorted: Vec<_> = mappings.iter().map(|mapping| mapping.ranges()[side].clone()).enumerate().collect();
        sorted.sort_by_key(|(_, (_, range))| range.start);
        for pair in sorted.windows(2) {
            let [(one, (ids, range)), (other, (_, next))] = pair else { unreachable!("windows of two") };
            if next.start < range.end {
                let (first, second) = (one.min(other), one.max(other));
                let problem = format!("its {ids} overlap those of {}", fields[*first].path());
                return Err(ArgumentError::new(fields[*second].path(), problem));
            }
        }
    }
    Ok(mappings)
}

#[cfg(test)]
mod tests;
