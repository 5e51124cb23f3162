//! What the runtime spec has at each place of `config.json`: the table, and how to find something in it.

mod table;

use self::table::PLACES;
pub use self::table::VALUES;

/// What stands at a place of the document.
#[derive(Debug)]
pub struct Place {
    /// Such as `linux.devices[].path` or `linux.netDevices.*.name`; the document as a whole has none.
    pub path: &'static str,
    /// What kind of value it is.
    pub kind: Kind,
    /// Whether the object around it has to have it.
    pub is_required: bool,
    /// What a number means, where that is not plain.
    pub note: Option<&'static str>,
    /// Whether 0 is as good as leaving it out.
    pub or_zero: bool,
    /// The first version that has it, if the object around it is older.
    pub since: Option<&'static str>,
    /// The last version that has it, if the object around it is there for longer.
    pub until: Option<&'static str>,
}

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An attribute set with the names that the table has.
    Object,
    /// A list of such attribute sets, or one of them.
    ListOrObject,
    /// An attribute set with any names.
    Map,
    /// A list.
    List,
    /// A string.
    Text,
    /// True or false.
    Boolean,
    /// An integer that is within both bounds.
    Integer(i128, i128),
    /// The same, of 64 bits without a sign.
    Unsigned(i128, i128),
    /// One of these strings.
    OneOf(&'static [&'static str]),
}

/// What a number of 64 bits with a sign cannot exceed anyway.
pub const NO_BOUND: i128 = i64::MAX as i128;

/// Every number of 64 bits with a sign.
pub const INT64: Kind = Kind::Integer(i64::MIN as i128, NO_BOUND);
const UINT16: Kind = Kind::Integer(0, u16::MAX as i128);
const UINT32: Kind = Kind::Integer(0, u32::MAX as i128);
/// Every number of 64 bits without a sign.
pub const UINT64: Kind = Kind::Unsigned(0, u64::MAX as i128);

/// What stands between the steps of a path, and in no name of a field.
const SEPARATORS: [char; 2] = ['.', '['];

const fn at(path: &'static str, kind: Kind) -> Place {
    Place { path, kind, is_required: false, note: None, or_zero: false, since: None, until: None }
}

impl Place {
    const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    const fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    const fn or_zero(mut self) -> Self {
        self.or_zero = true;
        self
    }

    const fn since(mut self, version: &'static str) -> Self {
        self.since = Some(version);
        self
    }

    const fn until(mut self, version: &'static str) -> Self {
        self.until = Some(version);
        self
    }

    /// The fields of an object.
    pub fn fields(&self) -> impl Iterator<Item = &'static Self> + use<> {
        let start = if self.path.is_empty() { String::new() } else { format!("{}.", self.path) };
        let first = PLACES.partition_point(|place| place.path <= start.as_str());
        let below = PLACES[first..].iter().map_while(move |place| Some((place, place.path.strip_prefix(&start)?)));
        below.filter(|(_, name)| !name.contains(SEPARATORS)).map(|(place, _)| place)
    }

    /// The field of an object that has this name.
    pub fn field(&self, name: &str) -> Option<&'static Self> {
        let dot = if self.path.is_empty() { "" } else { "." };
        // A name can be any string.
        if name.is_empty() || name.contains(SEPARATORS) { None } else { find(&format!("{}{dot}{name}", self.path)) }
    }

    /// The elements of a list.
    pub fn element(&self) -> Option<&'static Self> {
        find(&format!("{}[]", self.path))
    }

    /// The values of a map.
    pub fn entry(&self) -> Option<&'static Self> {
        find(&format!("{}.*", self.path))
    }

    /// Whether this is the element of a list.
    pub fn is_element(&self) -> bool {
        self.path.ends_with("[]")
    }

    /// The name of a field.
    pub fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }
}

/// Every place.
pub fn places() -> &'static [Place] {
    &PLACES
}

/// The document as a whole.
pub fn document() -> &'static Place {
    &PLACES[0]
}

/// The place with this path.
pub fn find(path: &str) -> Option<&'static Place> {
    PLACES.binary_search_by(|place| place.path.cmp(path)).ok().map(|index| &PLACES[index])
}

#[cfg(test)]
mod tests;
