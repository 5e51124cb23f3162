use std::fs;
use std::os::unix::fs::symlink;

use camino::Utf8PathBuf;

use super::*;

#[test]
fn what_was_replaced_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
    let place = path.join("it");
    fs::create_dir(&place).unwrap();
    let opened = fs::File::open(&place).unwrap();
    let identity = Identity::new(&opened).unwrap();
    assert!(identity.open_again(&place).is_ok());
    fs::rename(&place, path.join("other")).unwrap();
    fs::create_dir(&place).unwrap();
    assert!(identity.open_again(&place).unwrap_err().to_string().contains("was replaced meanwhile"));
    fs::remove_dir(&place).unwrap();
    symlink("other", &place).unwrap();
    assert!(identity.open_again(&place).is_err());
}
