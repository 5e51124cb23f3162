use super::*;

#[test]
fn what_docker_takes_is_read_and_other_paths_are_not() {
    for (text, source, options) in [
        ("/srv/data:ro", "/srv/data", &["ro"][..]),
        ("/srv/data:ro,Z", "/srv/data", &["ro"]),
        ("/srv/data:/data", "/srv/data", &[]),
        ("/srv/data:/data:rw,rshared", "/srv/data", &["rw", "rshared"]),
        ("/srv/a:b:ro", "/srv/a:b", &["ro"]),
        ("/srv/data:z", "/srv/data", &[]),
    ] {
        assert_eq!(parse(text), Some(Volume { source, options: options.to_vec() }), "{text}");
    }
    for text in ["/srv/data", "/dev/disk/by-path/pci-0000:00:1f.2", "/srv/a:b", "/srv/a:", "/srv/a:rox", "/srv/a: ro"] {
        assert_eq!(parse(text), None, "{text}");
    }
}
