use super::*;

#[test]
fn places_are_sorted_and_below_what_the_table_has() {
    assert!(PLACES.is_sorted_by(|one, other| one.path < other.path));
    for place in &PLACES[1..] {
        let parent = place.path.strip_suffix("[]");
        let parent = parent.unwrap_or_else(|| place.path.rsplit_once('.').map_or("", |(parent, _)| parent));
        let kind = find(parent).map(|parent| parent.kind);
        let fits = if place.path.ends_with("[]") {
            matches!(kind, Some(Kind::List | Kind::ListOrObject))
        } else if place.name() == "*" {
            kind == Some(Kind::Map)
        } else {
            matches!(kind, Some(Kind::Object | Kind::ListOrObject))
        };
        assert!(fits, "{}", place.path);
    }
}

#[test]
fn an_object_has_its_own_fields_alone() {
    let names = |path| find(path).unwrap().fields().map(Place::name).collect::<Vec<_>>();
    assert_eq!(names("linux.personality"), ["domain", "flags"]);
    assert_eq!(names("linux.netDevices.*"), ["name"]);
    assert_eq!(names("windows.resources.cpu.affinity"), ["group", "mask"]);
    assert_eq!(names("root.path"), [""; 0]);
    assert_eq!(names("").first(), Some(&"annotations"));
    assert_eq!(names("").len(), 14);
}

#[test]
fn a_name_is_one_step_of_a_path() {
    let field = |path, name| find(path).unwrap().field(name).map(|place| place.path);
    assert_eq!(field("linux", "devices"), Some("linux.devices"));
    assert_eq!(field("", "linux"), Some("linux"));
    for (path, name) in
        [("linux", "devices[]"), ("linux", "resources.cpu"), ("", "linux.devices"), ("", ""), ("linux", "")]
    {
        assert_eq!(field(path, name), None, "{path} {name}");
    }
}
