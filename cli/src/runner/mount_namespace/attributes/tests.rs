use super::*;

#[test]
fn a_mount_is_found_with_its_flags() {
    let line =
        br"36 35 98:0 /mnt1 /mnt\0402 rw,nosuid,relatime,nosymfollow master:1 - ext3 /dev/root rw,errors=continue";
    assert_eq!(parse_mount(line), Some(("/mnt 2".into(), MountFlags::NOSUID | MountFlags::RELATIME)));
    assert_eq!(parse_mount(b"36 35"), None);
    let any = parse_mount(b"36 35 98:0 / /a/\\134040\\011\xff\\ rw - ext3 /dev/root rw").unwrap().0;
    assert_eq!(any, PathBuf::from(OsString::from_vec(b"/a/\\040\t\xff\\".to_vec())));
}
