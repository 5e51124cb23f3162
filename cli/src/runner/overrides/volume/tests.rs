use super::*;

fn volume(text: &str) -> Result<(String, bool), String> {
    text.parse::<Volume>().map(|volume| (volume.clone().resolve("/of/caller".into()).source, volume.readonly))
}

#[test]
fn a_source_is_a_path_as_the_caller_sees_it() {
    for (text, source, readonly) in [
        ("/a:/b", "/a", false),
        (".:/b", "/of/caller", false),
        ("./:/b:ro", "/of/caller", true),
        ("..:/b", "/of/caller/..", false),
        ("./x/./y:/b:rw", "/of/caller/x/y", false),
        ("../x:/b:ro,ro", "/of/caller/../x", true),
        ("x/y:/b:ro,rw", "/of/caller/x/y", false),
    ] {
        assert_eq!(volume(text), Ok((source.to_owned(), readonly)), "{text}");
    }
    assert_eq!(".:/b".parse::<Volume>().unwrap().resolve("/".into()).source, "/");
}

#[test]
fn what_is_no_volume_is_told_what_to_write() {
    for (text, problem) in [
        ("/a", "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro"),
        (
            "type=bind,source=/a,target=/b",
            "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro, without type=, source= and target=",
        ),
        ("/a:/b:ro:x", "want SOURCE:DESTINATION, or SOURCE:DESTINATION:ro; a path with ':' cannot be given here"),
        ("a:/b", "found the source 'a', want a path, such as './a' for a directory here; --volume mounts a volume"),
        (":/b", "found the source '', want a path, such as './.' for a directory here; --volume mounts a volume"),
        ("~/a:/b", "found the source '~/a', which the shell has not expanded; write $HOME"),
        ("/a:b", "a mount's destination is an absolute path; did you mean \"/b\"?"),
        ("/a:/b:x", "found the option 'x', want ro or rw"),
        ("/a:/b:", "found the option '', want ro or rw"),
        (
            "/a:/b:ro,Z",
            "found the option 'Z', want ro or rw; with SELinux, label the directory on the host: chcon -R -t \
             container_file_t",
        ),
        ("/a:/b:O", "found the option 'O', want ro or rw; mount it read-only, or copy it first"),
    ] {
        assert_eq!(volume(text), Err(problem.to_owned()), "{text}");
    }
}
