//! The names of the fields that the spec's types have at some place.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The fields of the struct that `T` has at `path`, names of fields and indices alike; none if there is no struct.
pub fn fields<T: DeserializeOwned>(path: &[String]) -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    // It always ends with an error: what is wanted is known by then.
    let _ = T::deserialize(Probe { path, found: &mut found });
    found
}

/// Leads a type's own decoder along a path, and listens to which fields it asks for at the end.
struct Probe<'p> {
    path: &'p [String],
    found: &'p mut &'static [&'static str],
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
        visitor.visit_seq(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Done> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Done> {
        if self.path.is_empty() {
            *self.found = fields;
            return Err(Done);
        }
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct enum identifier ignored_any
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

    fn at(path: &[&str]) -> &'static [&'static str] {
        fields::<Spec>(&path.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn the_fields_of_every_place_are_known() {
        assert!(at(&[]).contains(&"ociVersion"));
        assert_eq!(at(&["root"]), ["path", "readonly"]);
        assert!(at(&["linux", "resources", "memory"]).contains(&"swappiness"));
        assert_eq!(at(&["process", "rlimits", "7"]), ["type", "hard", "soft"]);
        assert!(at(&["linux", "seccomp", "syscalls", "0", "args", "3"]).contains(&"valueTwo"));
    }

    #[test]
    fn where_there_is_no_struct_there_are_none() {
        for path in [&["annotations"][..], &["annotations", "x"], &["hostname"], &["nothing", "at", "all"]] {
            assert_eq!(at(path), <[&str; 0]>::default(), "{path:?}");
        }
    }
}
