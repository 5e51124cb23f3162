//! What the spec's types have at some place: the names of fields, or the strings to choose from.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// What a type has at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A struct with these fields.
    Fields(&'static [&'static str]),
    /// An enum with these variants.
    Choices(&'static [&'static str]),
    /// A list.
    List,
    /// A map, whose keys are free.
    Map,
    /// Anything else.
    Nothing,
}

/// What `T` has at `path`, names of fields and indices alike.
pub fn at<T: DeserializeOwned>(path: &[String]) -> Known {
    let mut found = Known::Nothing;
    // It always ends with an error: what is wanted is known by then.
    let _ = T::deserialize(Probe { path, found: &mut found });
    found
}

/// Leads a type's own decoder along a path, and listens to what it asks for at the end.
struct Probe<'p> {
    path: &'p [String],
    found: &'p mut Known,
}

/// The end of every probe.
#[derive(Debug)]
struct Done;

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("done")
    }
}

impl std::error::Error for Done {}

impl serde::de::Error for Done {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Done;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Done> {
        Err(Done)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Done> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Done> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Done> {
        if self.path.is_empty() {
            *self.found = Known::List;
        }
        visitor.visit_seq(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Done> {
        if self.path.is_empty() {
            *self.found = Known::Map;
        }
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Done> {
        if self.path.is_empty() {
            *self.found = Known::Fields(fields);
            return Err(Done);
        }
        visitor.visit_map(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Done> {
        if self.path.is_empty() {
            *self.found = Known::Choices(variants);
        }
        Err(Done)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Probe<'_> {
    type Error = Done;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Done> {
        let name = self.path.first().ok_or(Done)?;
        seed.deserialize(StringDeserializer::new(name.clone())).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Done> {
        seed.deserialize(Probe { path: &self.path[1..], found: self.found })
    }
}

impl<'de> SeqAccess<'de> for Probe<'_> {
    type Error = Done;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Done> {
        let path = self.path.get(1..).ok_or(Done)?;
        seed.deserialize(Probe { path, found: self.found }).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use oci_spec::runtime::Spec;

    use super::*;

    fn known(path: &[&str]) -> Known {
        at::<Spec>(&path.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn fields(path: &[&str]) -> &'static [&'static str] {
        let Known::Fields(fields) = known(path) else { panic!("no fields at {path:?}") };
        fields
    }

    #[test]
    fn the_fields_of_every_place_are_known() {
        assert!(fields(&[]).contains(&"ociVersion"));
        assert_eq!(fields(&["root"]), ["path", "readonly"]);
        assert!(fields(&["linux", "resources", "memory"]).contains(&"swappiness"));
        assert_eq!(fields(&["process", "rlimits", "7"]), ["type", "hard", "soft"]);
        assert!(fields(&["linux", "seccomp", "syscalls", "0", "args", "3"]).contains(&"valueTwo"));
    }

    #[test]
    fn the_strings_to_choose_from_are_known() {
        assert_eq!(known(&["linux", "personality", "domain"]), Known::Choices(&["LINUX", "LINUX32"]));
        let Known::Choices(flags) = known(&["linux", "seccomp", "flags", "1"]) else { panic!() };
        assert!(flags.contains(&"SECCOMP_FILTER_FLAG_LOG"));
    }

    #[test]
    fn lists_and_maps_are_known() {
        assert_eq!(known(&["process", "capabilities", "bounding"]), Known::List);
        assert_eq!(known(&["linux", "resources", "rdma"]), Known::Map);
    }

    #[test]
    fn elsewhere_nothing_is_known() {
        for path in [&["annotations", "x"][..], &["hostname"], &["nothing", "at", "all"]] {
            assert_eq!(known(path), Known::Nothing, "{path:?}");
        }
    }
}
