use super::*;

fn volume(text: &str) -> Result<(String, String, bool), String> {
    let volume = text.parse::<VolumeOption>()?;
    Ok((volume.name.to_string(), volume.destination.to_string(), volume.readonly))
}

#[test]
fn a_name_a_place_and_whether_it_is_read_only() {
    for (text, name, destination, readonly) in
        [("data:/b", "data", "/b", false), ("a.b_c-d:/b/:ro", "a.b_c-d", "/b", true), ("0:/b:ro,rw", "0", "/b", false)]
    {
        assert_eq!(volume(text), Ok((name.to_owned(), destination.to_owned(), readonly)), "{text}");
    }
}

#[test]
fn what_names_no_volume_is_told_what_to_write() {
    let path = "want the name of a volume; --mount mounts a path of the host";
    let name = "want the name of a volume: letters, digits, '_', '.' and '-', the first a letter or digit";
    for (text, problem) in [
        ("./a:/b", format!("found the path './a', {path}")),
        ("/a:/b", format!("found the path '/a', {path}")),
        (".:/b", format!("found the path '.', {path}")),
        ("..:/b:ro", format!("found the path '..', {path}")),
        ("a/../b:/b", format!("found the path 'a/../b', {path}")),
        ("~:/b", format!("found the path '~', {path}")),
        (":/b", format!("found '', {name}")),
        ("a b:/b", format!("found 'a b', {name}")),
        ("-a:/b", format!("found '-a', {name}")),
        ("a", "want NAME:DESTINATION, or NAME:DESTINATION:ro".to_owned()),
        ("a:/b:ro:x", "want NAME:DESTINATION, or NAME:DESTINATION:ro".to_owned()),
        ("a:b", "a mount's destination is an absolute path; did you mean \"/b\"?".to_owned()),
        ("a:/b:Z", "found the option 'Z', want ro or rw".to_owned()),
    ] {
        assert_eq!(volume(text), Err(problem), "{text}");
    }
    let long = "x".repeat(201);
    assert_eq!(volume(&format!("{long}:/b")), Err("found a name of 201 characters, want up to 200".to_owned()));
}
