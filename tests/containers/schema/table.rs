//! The table of the runtime spec, src/plan/runtime_config/schema/table.rs: what the schemas of all tags say together, as amended.
//!
//! scripts/spec-table makes it anew from a directory with all tags. Debian has the schema of one state between two tags, which
//! the table is compared with wherever the tests run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use expect_test::expect_file;

use crate::schema::debian;
use crate::schema::json_schema::{Place, Schema};
use crate::schema::kind::Kind;
use crate::support::nix;

const AMENDMENTS: &str = include_str!("../../../src/plan/runtime_config/schema/amendments.txt");

/// A release of the spec.
pub type Version = [u32; 3];

/// The releases whose schemas the table is made from.
const VERSIONS: [Version; 7] = [[1, 0, 0], [1, 0, 1], [1, 0, 2], [1, 1, 0], [1, 2, 0], [1, 2, 1], [1, 3, 0]];

/// What is known of the places of a document.
#[derive(Clone, Debug, Default)]
struct Table {
    rows: BTreeMap<String, Row>,
    /// Values that are newer than their place, which may take any other.
    values: BTreeMap<(String, String), Version>,
}

/// What is known of one place.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    kind: Kind,
    is_required: bool,
    or_zero: bool,
    note: Option<String>,
    since: Version,
    until: Version,
}

impl Table {
    /// What one schema says.
    fn new(schema: &Schema, version: Version) -> Self {
        let row = |place: &Place<'_>| {
            let name = place.pattern();
            let name = name.rsplit('.').next().unwrap();
            let is_required = !place.steps.is_empty() && place.parent().shape().required.contains(name);
            let kind = Kind::new(place, version);
            Row { kind, is_required, or_zero: false, note: None, since: version, until: version }
        };
        let places = [schema.document()].into_iter().chain(schema.places());
        Self { rows: places.map(|place| (place.pattern(), row(&place))).collect(), values: BTreeMap::new() }
    }

    /// What all schemas say: the latest of each place, and every value that one of them had.
    fn of_all(schemas: &[(Version, Schema)]) -> Self {
        let mut table = Self::default();
        for (version, schema) in schemas {
            for (path, mut row) in Self::new(schema, *version).rows {
                if let Some(before) = table.rows.get(&path) {
                    row.since = before.since;
                    if let (Kind::OneOf(before), Kind::OneOf(values)) = (&before.kind, &mut row.kind) {
                        for (value, since) in before {
                            match values.iter_mut().find(|(same, _)| same == value) {
                                Some((_, newer)) => *newer = *since,
                                None => values.push((value.clone(), *since)),
                            }
                        }
                    }
                }
                table.rows.insert(path, row);
            }
        }
        table
    }

    fn amended(mut self, amendments: impl Iterator<Item = &'static str>) -> Self {
        for line in amendments {
            let (line, note) = line.split_once(" ; ").map_or((line, None), |(line, note)| (line, Some(note)));
            let mut words = line.split(' ');
            let (path, action, words) = (words.next().unwrap(), words.next().unwrap(), words.collect::<Vec<_>>());
            match (action, &*words) {
                ("absent", []) => {
                    let count = self.rows.len();
                    self.rows.retain(|other, _| !is_within(other, path));
                    assert_ne!(self.rows.len(), count, "{line}");
                }
                ("like", [other]) => {
                    let copies: Vec<_> = self.rows.range((*other).to_owned()..).collect();
                    let copies: Vec<_> = copies
                        .into_iter()
                        .filter(|(place, _)| is_within(place, other) && !is_within(place, path))
                        .map(|(place, row)| (place.replacen(other, path, 1), row.clone()))
                        .collect();
                    self.rows.extend(copies);
                    self.row(path).kind = Kind::Object;
                }
                ("list-or-object", []) => self.row(path).kind = Kind::ListOrObject,
                ("required", []) => self.row(path).is_required = true,
                ("optional", []) => self.row(path).is_required = false,
                ("or-zero", []) => self.row(path).or_zero = true,
                ("one-of", values) => {
                    let row = self.row(path);
                    row.kind = Kind::OneOf(values.iter().map(|value| ((*value).to_owned(), row.since)).collect());
                }
                ("range", [range]) => {
                    let row = self.row(path);
                    let (from, to) = range.split_once("..").unwrap();
                    let Kind::Integer { least, most, .. } = &mut row.kind else { panic!("{line}") };
                    *least = from.parse().unwrap();
                    *most = if to.is_empty() { *most } else { to.parse().unwrap() };
                    row.note = note.map(str::to_owned);
                }
                ("since", [version]) => {
                    let version = parsed(version);
                    for row in self.rows.iter_mut().filter(|(other, _)| is_within(other, path)).map(|(_, row)| row) {
                        // What came later stays so.
                        if row.since == [1, 0, 1] {
                            row.since = version;
                        }
                    }
                    assert_eq!(self.row(path).since, version, "{line}");
                }
                ("value", [value, version]) => {
                    let version = parsed(version);
                    match &mut self.row(path).kind {
                        Kind::OneOf(values) => {
                            values.iter_mut().find(|(same, _)| same == value).expect(line).1 = version;
                        }
                        _ => {
                            self.values.insert((path.to_owned(), (*value).to_owned()), version);
                        }
                    }
                }
                _ => panic!("{line}"),
            }
        }
        self
    }

    fn row(&mut self, path: &str) -> &mut Row {
        self.rows.get_mut(path).unwrap_or_else(|| panic!("no schema has {path}"))
    }

    /// The values that are newer than their place.
    fn newer_values(&self) -> BTreeMap<(String, String), Version> {
        let mut newer = self.values.clone();
        for (path, row) in &self.rows {
            if let Kind::OneOf(values) = &row.kind {
                let values = values.iter().filter(|(_, since)| *since > row.since);
                newer.extend(values.map(|(value, since)| ((path.clone(), value.clone()), *since)));
            }
        }
        newer
    }

    /// The table as Rust, sorted by path. A version stands where it is not that of the place around.
    fn written(&self) -> String {
        let mut places = String::new();
        for (path, row) in &self.rows {
            let parent = self.rows.get(parent(path)).unwrap_or(row);
            write!(places, "    at({path:?}, {})", row.kind.written()).unwrap();
            let required = row.is_required.then(|| ".required()".to_owned());
            let zero = row.or_zero.then(|| ".or_zero()".to_owned());
            let note = row.note.as_ref().map(|note| format!(".note({note:?})"));
            let since = (row.since > parent.since).then(|| format!(".since({:?})", dotted(row.since)));
            let until = (row.until < parent.until).then(|| format!(".until({:?})", dotted(row.until)));
            places.extend([required, zero, note, since, until].into_iter().flatten());
            places += ",\n";
        }
        let values = self.newer_values();
        let versions = VERSIONS.map(|version| format!("v{}", dotted(version))).join(", ");
        let integers =
            ["INT8", "INT16", "INT32", "INT64", "NO_BOUND", "Place", "UINT8", "UINT16", "UINT32", "UINT64", "at"];
        let used = |name: &&str| ["Place", "at"].contains(name) || places.contains(&format!(", {name})"));
        let integers: Vec<_> = integers.into_iter().filter(used).collect();
        let mut text = format!(
            "//! The places of config.json and what stands there. Made by scripts/spec-table; do not edit.\n//!\n\
             //! Sources: the JSON schemas of the OCI runtime spec (github.com/opencontainers/runtime-spec, schema/, Apache-2.0)\n\
             //! of {versions}, and amendments.txt.\n\n\
             use super::Kind::{{Boolean, Integer, List, ListOrObject, Map, Object, OneOf, Text, Unsigned}};\n\
             use super::{{{}}};\n\n\
             /// Every place, sorted by its path: `[]` is an element of a list, `*` an attribute whose name is free.\n\
             #[rustfmt::skip]\npub static PLACES: [Place; {}] = [\n{places}];\n\n\
             /// Values that are newer than their place, with the first version that has them.\n\
             #[rustfmt::skip]\npub static VALUES: [(&str, &str, &str); {}] = [\n",
            integers.join(", "),
            self.rows.len(),
            values.len(),
        );
        for ((path, value), since) in values {
            writeln!(text, "    ({path:?}, {value:?}, {:?}),", dotted(since)).unwrap();
        }
        text + "];\n"
    }
}

/// Whether this is the place or one inside it.
fn is_within(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The path of the place around.
fn parent(path: &str) -> &str {
    path.strip_suffix("[]").unwrap_or_else(|| path.rsplit_once('.').map_or("", |(parent, _)| parent))
}

fn dotted(version: Version) -> String {
    version.map(|number| number.to_string()).join(".")
}

fn parsed(version: &str) -> Version {
    let numbers: Vec<_> = version.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// The schemas of all tags, where this machine has them: `scripts/spec-table` says where.
fn all_schemas() -> Option<Vec<(Version, Schema)>> {
    let folder = PathBuf::from(env::var_os("SPEC_SCHEMAS")?);
    let load = |version| {
        let tag = folder.join(format!("v{}", dotted(version)));
        let inside = tag.join("schema");
        (version, Schema::load(if inside.is_dir() { &inside } else { &tag }))
    };
    Some(VERSIONS.map(load).into())
}

/// The lines of amendments, without what explains them.
fn amendments() -> impl Iterator<Item = &'static str> {
    AMENDMENTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The places of the committed table: what stands there behind the path, and the first and the last version.
fn committed(table: &str) -> BTreeMap<&str, (&str, [Version; 2])> {
    let mut places: BTreeMap<_, (_, [Version; 2])> = BTreeMap::new();
    for line in table.lines().filter_map(|line| line.strip_prefix("    at(\"")) {
        let (path, rest) = line.split_once("\", ").unwrap();
        let [mut since, mut until] =
            places.get(parent(path)).map_or([VERSIONS[0], VERSIONS[VERSIONS.len() - 1]], |(_, versions)| *versions);
        let version = |start| rest.split_once(start).map(|(_, rest)| parsed(rest.split_once("\")").unwrap().0));
        since = version(".since(\"").unwrap_or(since);
        until = version(".until(\"").unwrap_or(until);
        places.insert(path, (rest, [since, until]));
    }
    places
}

/// `SPEC_SCHEMAS` names a directory with all tags.
#[test]
fn the_table_is_what_the_schemas_say() {
    let file = nix::repository().join("src/plan/runtime_config/schema/table.rs");
    if let Some(schemas) = all_schemas() {
        let table = Table::of_all(&schemas);
        let written = table.clone().amended(amendments()).written();
        expect_file![&file].assert_eq(&written);
        for amendment in amendments() {
            let others = amendments().filter(|other| *other != amendment);
            assert_ne!(table.clone().amended(others).written(), written, "of no use: {amendment}");
        }
    }

    // Debian 12's package is a state between these.
    let [before, after] = [[1, 0, 2], [1, 1, 0]];
    let table = fs::read_to_string(file).unwrap();
    let (debian, committed) = (Table::new(&debian::load(), after), committed(&table));
    let is_amended = |path: &str| amendments().any(|amendment| is_within(path, amendment.split(' ').next().unwrap()));
    for (path, row) in &debian.rows {
        let (rest, [since, until]) = committed.get(&**path).unwrap_or_else(|| panic!("{path} is not in the table"));
        assert!(*since <= after && *until >= before, "{path}");
        if is_amended(path) {
            continue;
        }
        match &row.kind {
            Kind::OneOf(values) => {
                assert!(values.iter().all(|(value, _)| rest.contains(&format!("{value:?}"))), "{path}");
            }
            kind => assert!(rest.starts_with(&format!("{})", kind.written())), "{path}: {rest}"),
        }
        assert_eq!(rest.contains(".required()"), row.is_required, "{path}");
    }
    for (path, (_, [since, until])) in committed {
        assert!(debian.rows.contains_key(path) || since > before || until < after || is_amended(path), "{path}");
    }
}

#[test]
fn every_amendment_has_its_source() {
    let blocks = AMENDMENTS.split("\n\n").skip(1).collect::<Vec<_>>();
    assert!(blocks.len() > 3);
    assert!(blocks.iter().all(|block| block.starts_with("# ")), "{blocks:#?}");
}
