//! What a place of the table takes.

use serde_json::Value;

use crate::schema::json_schema::Place;
use crate::schema::table::Version;

/// What stands at a place of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Object,
    ListOrObject,
    Map,
    List,
    Text,
    Boolean,
    Integer {
        least: i128,
        most: i128,
        is_uint64: bool,
    },
    /// One of these strings, each with the version that has it first.
    OneOf(Vec<(String, Version)>),
}

/// The integers that the schema names.
const INTEGERS: [(&str, i128, i128); 8] = [
    ("INT8", i8::MIN as i128, i8::MAX as i128),
    ("INT16", i16::MIN as i128, i16::MAX as i128),
    ("INT32", i32::MIN as i128, i32::MAX as i128),
    ("INT64", i64::MIN as i128, i64::MAX as i128),
    ("UINT8", u8::MIN as i128, u8::MAX as i128),
    ("UINT16", u16::MIN as i128, u16::MAX as i128),
    ("UINT32", u32::MIN as i128, u32::MAX as i128),
    ("UINT64", u64::MIN as i128, u64::MAX as i128),
];

impl Kind {
    pub fn new(place: &Place<'_>, since: Version) -> Self {
        let shape = place.shape();
        let values: Vec<_> = match shape.pattern.and_then(|pattern| pattern.strip_prefix("^[")?.strip_suffix("]$")) {
            Some(letters) if letters.chars().all(char::is_alphabetic) => letters.chars().map(String::from).collect(),
            _ => shape.choices.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
        };
        if !values.is_empty() {
            return Self::OneOf(values.into_iter().map(|value| (value, since)).collect());
        }
        match shape.kind {
            Some("string") => Self::Text,
            Some("boolean") => Self::Boolean,
            Some("array") => Self::List,
            Some("object") if shape.has_fields() => Self::Object,
            Some("object") => Self::Map,
            Some("integer") => {
                let (least, most) = shape
                    .definitions
                    .iter()
                    .find_map(|name| INTEGERS.iter().find(|(integer, ..)| *integer == name.to_uppercase()))
                    .map_or((i64::MIN.into(), i64::MAX.into()), |(_, least, most)| (*least, *most));
                // Those of 64 bits are rounded in some schemas.
                let bound = |bound: Option<&Value>, other| bound.and_then(Value::as_i64).map_or(other, i128::from);
                Self::Integer {
                    least: bound(shape.least, least),
                    most: bound(shape.most, most),
                    is_uint64: place.is_uint64(),
                }
            }
            kind => panic!("{} is of the kind {kind:?}", place.pattern()),
        }
    }

    /// As the table has it.
    pub fn written(&self) -> String {
        match self {
            Self::Integer { least, most, is_uint64 } => {
                let named = INTEGERS.iter().find(|integer| (integer.1, integer.2) == (*least, *most));
                match named {
                    Some((name, ..)) => (*name).to_owned(),
                    None => {
                        let most = if *most == i64::MAX.into() { "NO_BOUND".to_owned() } else { grouped(*most) };
                        format!("{}({least}, {most})", if *is_uint64 { "Unsigned" } else { "Integer" })
                    }
                }
            }
            Self::OneOf(values) => {
                let values: Vec<_> = values.iter().map(|(value, _)| format!("{value:?}")).collect();
                format!("OneOf(&[{}])", values.join(", "))
            }
            kind => format!("{kind:?}"),
        }
    }
}

/// A number that is not negative, as Clippy wants it: with an underscore before each three digits.
fn grouped(number: i128) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let (first, rest) = digits.split_at(digits.len() % 3);
    let groups = [first].into_iter().chain((0..rest.len()).step_by(3).map(|start| &rest[start..start + 3]));
    groups.filter(|group| !group.is_empty()).collect::<Vec<_>>().join("_")
}
