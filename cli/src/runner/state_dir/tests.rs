use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use rustix::fs::CWD;

use super::*;

fn take(given: &Utf8Path) -> Result<StateDir, String> {
    StateDir::take(given, Utf8Path::new("/nix/store"), Privilege::Root).map_err(|error| format!("{error:#}"))
}

fn mode(path: &Utf8Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Utf8Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn it_is_the_callers_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let state = path.join("state");
    drop(take(&state).unwrap());
    assert_eq!((mode(&state), mode(&state.join("lock"))), (0o700, 0o600));
    // As an older version made it, or an empty directory of the caller's.
    set_mode(&state, 0o755);
    drop(take(&state).unwrap());
    assert_eq!(mode(&state), 0o700);
    let empty = path.join("empty");
    fs::create_dir(&empty).unwrap();
    drop(take(&empty).unwrap());
    assert_eq!(mode(&empty), 0o700);
    // What others could write to may have something of theirs in it.
    set_mode(&state, 0o777);
    let problem = take(&state).unwrap_err();
    assert!(problem.contains("other users can write to it (mode 0777)") && problem.contains("chmod 700"), "{problem}");
    assert_eq!(mode(&state), 0o777);
}

#[test]
fn what_is_something_else_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let other = path.join("other");
    fs::create_dir_all(other.join("documents")).unwrap();
    set_mode(&other, 0o755);
    symlink("other", path.join("link")).unwrap();
    fs::write(path.join("file"), "").unwrap();
    for (name, problem) in [
        ("other", "is neither empty nor the state of a container"),
        ("link", "found a link, want the directory itself"),
        ("file", "found a file, want a directory"),
        ("other/..", "names no directory; want one"),
        ("other/documents/../../nothing/state", "No such file or directory"),
    ] {
        let error = take(&path.join(name)).unwrap_err();
        assert!(error.contains(problem), "{name}: {error}");
    }
    assert_eq!(mode(&other), 0o755);
    // A lock of another program.
    for text in ["", "1234\n"] {
        fs::write(other.join("lock"), text).unwrap();
        let error = take(&other).unwrap_err();
        assert!(error.contains("'lock' in it is not the small file"), "{error}");
        assert_eq!((mode(&other), fs::read_to_string(other.join("lock")).unwrap().as_str()), (0o755, text));
    }
}

type Make<'m> = &'m dyn Fn(&Utf8Path);

#[test]
fn what_is_in_it_is_what_this_program_makes() {
    let pipe = |path: &Utf8Path| {
        rustix::fs::mknodat(CWD, path.as_std_path(), FileType::Fifo, 0o600.into(), 0).unwrap();
    };
    let link = |path: &Utf8Path| symlink("/etc", path).unwrap();
    let large = |path: &Utf8Path| fs::File::create(path).unwrap().set_len(8 << 30).unwrap();
    let hard = |path: &Utf8Path| {
        fs::write(path.with_file_name("other"), "root").unwrap();
        fs::hard_link(path.with_file_name("other"), path).unwrap();
    };
    let makers: [(&str, Make<'_>); 6] =
        [("lock", &pipe), ("lock", &link), ("lock", &large), ("lock", &hard), ("upper", &link), ("work", &pipe)];
    for (name, make) in makers {
        let folder = tempfile::tempdir().unwrap();
        let state = Utf8Path::from_path(folder.path()).unwrap().join("state");
        drop(take(&state).unwrap());
        let _ = fs::remove_file(state.join(name));
        make(&state.join(name));
        if name != "lock" {
            fs::write(state.join("lock"), "root").unwrap();
        }
        let error = take(&state).unwrap_err();
        assert!(error.contains(&format!("'{name}' in it")), "{name}: {error}");
    }
}
