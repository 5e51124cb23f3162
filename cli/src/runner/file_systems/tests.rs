use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use camino::Utf8PathBuf;
use serde_json::json;

use super::*;

#[test]
fn no_path_leads_below_the_run_or_where_others_say() {
    let folder = tempfile::tempdir().unwrap();
    let top = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    for name in ["bundle/rootfs", "a:b", "up", "work", "open/dir"] {
        fs::create_dir_all(top.join(name)).unwrap();
    }
    symlink("bundle", top.join("link")).unwrap();
    fs::set_permissions(top.join("open"), fs::Permissions::from_mode(0o777)).unwrap();
    let said = |kind: &str, source: &str, options: &[String]| {
        let mount = json!({ "destination": "/x", "type": kind, "source": source, "options": options });
        check(&RuntimeConfig::from(json!({ "mounts": [mount] })), &[&top.join("bundle")], &Trust::new(&[]).unwrap())
            .map_err(|error| format!("{error:#}").replace(top.as_str(), "TOP"))
    };
    let overlay = |lower: &str| {
        let options = [format!("lowerdir={lower}"), format!("upperdir={top}/up"), format!("workdir={top}/work")];
        said("overlay", "overlay", &options)
    };
    assert_eq!(overlay(&format!("{top}/a\\:b:{top}/up")), Ok(()));
    assert_eq!(overlay(&format!("{top}/a\\:b:{top}")), Ok(()));
    let below = "it is below 'TOP/bundle', which belongs to the run; want a path elsewhere";
    let others = "other users can replace it; want a path that only you and root can change";
    for (lower, path, problem) in [
        (format!("{top}/up:{top}/bundle"), "TOP/bundle", below),
        (format!("{top}/link/rootfs"), "TOP/link/rootfs", below),
        (format!("::{top}/open/../bundle/rootfs/"), "TOP/open/../bundle/rootfs/", below),
        (format!("{top}/open/dir"), "TOP/open/dir", others),
    ] {
        let expected = format!("mounts.0: '{path}' of a file system 'overlay': {problem}");
        assert_eq!(overlay(&lower), Err(expected), "{lower}");
    }
    assert_eq!(
        overlay("bundle"),
        Err("mounts.0.options: found 'lowerdir' with the path 'bundle', want an absolute one".to_owned())
    );
    assert!(overlay(&format!("{top}/nothing")).is_err());
    for option in
        ["index=off,lowerdir=TOP/bundle:TOP/up", "ro,lowerdir=TOP/bundle", "upperdir=TOP/up,workdir=TOP/bundle"]
    {
        let said = said("overlay", "overlay", &[option.replace("TOP", top.as_str())]).unwrap_err();
        assert!(said.ends_with(below), "{option}: {said}");
    }
    assert!(said("ecryptfs", &format!("{top}/bundle/rootfs"), &[]).is_err());
    for (kind, source) in [("cifs", "//server/share"), ("ext4", "/dev/null"), ("tmpfs", top.as_str()), ("nfs", "x:/y")]
    {
        assert_eq!(said(kind, source, &["subvol=/x".to_owned()]), Ok(()), "{kind}");
    }
    let bind = json!({ "source": top.join("bundle"), "type": "bind" });
    assert!(
        check(&RuntimeConfig::from(json!({ "mounts": [bind] })), &[&top.join("bundle")], &Trust::new(&[]).unwrap())
            .is_ok()
    );
}
