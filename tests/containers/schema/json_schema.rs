//! The runtime spec's JSON schema, as the fields that it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The schema's files, by name.
pub struct Schema {
    pub files: BTreeMap<String, Value>,
}

/// What the schema says of a value: references followed, and what applies together put together.
#[derive(Clone, Debug, Default)]
pub struct Shape<'s> {
    pub kind: Option<&'s str>,
    pub choices: Vec<&'s Value>,
    pub pattern: Option<&'s str>,
    pub least: Option<&'s Value>,
    pub most: Option<&'s Value>,
    pub required: BTreeSet<&'s str>,
    /// The names of the definitions that were followed, such as `FilePath`.
    pub definitions: BTreeSet<&'s str>,
    properties: BTreeMap<&'s str, Node<'s>>,
    items: Option<Node<'s>>,
    values: Option<Node<'s>>,
}

impl Shape<'_> {
    /// Whether this is an object with names of its own.
    pub fn has_fields(&self) -> bool {
        !self.properties.is_empty()
    }
}

/// A schema inside a file.
#[derive(Clone, Copy, Debug)]
struct Node<'s> {
    file: &'s str,
    value: &'s Value,
}

/// A step from a value to one inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'s> {
    Field(&'s str),
    /// An element of a list.
    Element,
    /// An attribute whose name is free.
    Entry,
}

/// A place in the document: the steps to it, and the shape of every value on the way, this one's last.
#[derive(Clone, Debug)]
pub struct Place<'s> {
    pub steps: Vec<Step<'s>>,
    pub shapes: Vec<Shape<'s>>,
}

impl<'s> Place<'s> {
    /// Such as `linux.resources.rdma.*.hcaHandles` or `linux.devices[].path`.
    pub fn pattern(&self) -> String {
        self.written("[]", "*")
    }

    /// As in a message: with the first element of each list, and this `entry` for a free name.
    pub fn path(&self, entry: &str) -> String {
        self.written("[0]", entry)
    }

    fn written(&self, element: &str, entry: &str) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let name = match step {
                Step::Field(name) => name,
                Step::Element => {
                    text += element;
                    continue;
                }
                Step::Entry => entry,
            };
            let dot = if text.is_empty() { "" } else { "." };
            text += &format!("{dot}{name}");
        }
        text
    }

    pub fn shape(&self) -> &Shape<'s> {
        self.shapes.last().expect("a place has a shape")
    }

    /// Whether this is a number of 64 bits without a sign.
    pub fn is_uint64(&self) -> bool {
        self.shape().definitions.contains("uint64")
    }

    /// The place that this one is in.
    pub fn parent(&self) -> Self {
        let length = self.steps.len() - 1;
        Self { steps: self.steps[..length].to_vec(), shapes: self.shapes[..=length].to_vec() }
    }
}

impl Schema {
    pub fn load(folder: &Path) -> Self {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file());
        let files = files.map(|entry| {
            let text = fs::read(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), serde_json::from_slice(&text).unwrap())
        });
        Self { files: files.collect() }
    }

    /// Every place below the document, in the order of the steps.
    pub fn places(&self) -> Vec<Place<'_>> {
        let mut places = Vec::new();
        self.walk(&self.document(), &mut places);
        places
    }

    fn walk<'s>(&'s self, parent: &Place<'s>, places: &mut Vec<Place<'s>>) {
        for place in self.inside(parent) {
            places.push(place.clone());
            self.walk(&place, places);
        }
    }

    /// The document as a whole.
    pub fn document(&self) -> Place<'_> {
        let (file, value) = self.files.get_key_value("config-schema.json").unwrap();
        let shape = self.shapes(Node { file, value }).remove(0);
        Place { steps: Vec::new(), shapes: vec![shape] }
    }

    /// The places a step further in.
    pub fn inside<'s>(&'s self, parent: &Place<'s>) -> Vec<Place<'s>> {
        let shape = parent.shape();
        let properties = shape.properties.iter().map(|(name, node)| (Step::Field(name), *node));
        let items = shape.items.map(|node| (Step::Element, node));
        let values = shape.values.map(|node| (Step::Entry, node));
        let steps = properties.chain(items).chain(values);
        let places = steps.flat_map(|(step, node)| self.shapes(node).into_iter().map(move |shape| (step, shape)));
        places
            .map(|(step, shape)| {
                let mut place = parent.clone();
                place.steps.push(step);
                place.shapes.push(shape);
                place
            })
            .collect()
    }

    /// The shapes that a schema allows: one, but for the alternatives of `anyOf` and `oneOf`.
    fn shapes<'s>(&'s self, node: Node<'s>) -> Vec<Shape<'s>> {
        let mut shapes = vec![self.own(node)];
        for all in self.parts(node, "$ref").into_iter().chain(self.parts(node, "allOf")) {
            shapes = product(&shapes, &self.shapes(all));
        }
        for keyword in ["anyOf", "oneOf"] {
            let any: Vec<_> = self.parts(node, keyword).into_iter().flat_map(|part| self.shapes(part)).collect();
            if !any.is_empty() {
                shapes = product(&shapes, &any);
            }
        }
        shapes
    }

    /// What stands in the schema itself.
    fn own<'s>(&'s self, node: Node<'s>) -> Shape<'s> {
        let text = |keyword: &str| node.value.get(keyword).and_then(Value::as_str);
        let list = |keyword: &str| node.value.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let inner = |value: &'s Value| Node { value, ..node };
        let fields = |keyword: &str| node.value.get(keyword).and_then(Value::as_object).into_iter().flatten();
        let free = node.value.get("additionalProperties").filter(|value| value.is_object());
        Shape {
            kind: text("type"),
            choices: list("enum").collect(),
            pattern: text("pattern"),
            least: node.value.get("minimum"),
            most: node.value.get("maximum"),
            required: list("required").filter_map(Value::as_str).collect(),
            definitions: text("$ref").and_then(|reference| reference.rsplit('/').next()).into_iter().collect(),
            properties: fields("properties").map(|(name, value)| (name.as_str(), inner(value))).collect(),
            // Of a list for elements by their position, the schema has only such of length one.
            items: node.value.get("items").map(|items| inner(items.get(0).unwrap_or(items))),
            values: free.or_else(|| fields("patternProperties").map(|(_, value)| value).next()).map(inner),
        }
    }

    /// The schemas under a keyword: that of a reference, or those of a list.
    fn parts<'s>(&'s self, node: Node<'s>, keyword: &str) -> Vec<Node<'s>> {
        match node.value.get(keyword) {
            None => Vec::new(),
            Some(Value::String(reference)) => {
                let (name, pointer) = reference.split_once('#').expect("a reference has a fragment");
                let name = if name.is_empty() { node.file } else { name };
                let (file, root) = self.files.get_key_value(name).unwrap();
                // v1.3.0 has one without the slash that a pointer starts with.
                let pointer = format!("/{}", pointer.trim_start_matches('/'));
                vec![Node { file, value: root.pointer(&pointer).unwrap() }]
            }
            Some(list) => list.as_array().unwrap().iter().map(|value| Node { value, ..node }).collect(),
        }
    }
}

/// Each of the ones together with each of the others.
fn product<'s>(ones: &[Shape<'s>], others: &[Shape<'s>]) -> Vec<Shape<'s>> {
    ones.iter().flat_map(|one| others.iter().map(|other| both(one.clone(), other.clone()))).collect()
}

fn both<'s>(mut one: Shape<'s>, other: Shape<'s>) -> Shape<'s> {
    one.kind = one.kind.or(other.kind);
    one.pattern = one.pattern.or(other.pattern);
    one.least = one.least.or(other.least);
    one.most = one.most.or(other.most);
    one.items = one.items.or(other.items);
    one.values = one.values.or(other.values);
    one.choices.extend(other.choices);
    one.required.extend(other.required);
    one.definitions.extend(other.definitions);
    one.properties.extend(other.properties);
    one
}
