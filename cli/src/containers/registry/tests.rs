use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use tempfile::TempDir;

use super::*;

fn record(state: State) -> Record {
    Record {
        id: "oci-bundle-1".to_owned(),
        bundle: "/bundle".into(),
        runtime: "/runc".into(),
        command: vec!["x".to_owned()],
        monitor: std::process::id(),
        pid_namespace: super::super::record::pid_namespace(),
        process: None,
        started: 0,
        is_detached: true,
        stop_signal: None,
        ports: Vec::new(),
        state,
        cgroups: Vec::new(),
        health: None,
    }
}

fn place_in(folder: &TempDir) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(folder.path().join("oci-bundle")).unwrap()
}

fn names(registry: &Registry) -> Vec<String> {
    registry.list().unwrap().iter().map(|found| found.name.to_string()).collect()
}

#[test]
fn a_name_is_taken_once_and_free_again_when_its_process_is_gone() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::open(&place_in(&folder)).unwrap();
    let name: Name = "web".parse().unwrap();
    let taken = registry.take(&name).unwrap();
    taken.write(&record(State::Running)).unwrap();
    let error = registry.take(&name).unwrap_err().to_string();
    assert!(error.starts_with("a container 'web' runs already"), "{error}");
    assert_eq!(names(&registry), ["web"]);
    let error = registry.find("wbe").unwrap_err().to_string();
    assert_eq!(error, "no container is called 'wbe'; did you mean 'web'?");
    // As if it were killed.
    drop(taken);
    assert!(names(&registry).is_empty());
    assert!(!folder.path().join("oci-bundle/containers/web").exists());
    registry.take(&name).unwrap().remove().unwrap();
    assert!(names(&registry).is_empty());
}

#[test]
fn what_has_ended_is_remembered_up_to_a_bound() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::open(&place_in(&folder)).unwrap();
    for number in 0..MOST_ENDED + 5 {
        let taken = registry.take(&format!("c{number}").parse().unwrap()).unwrap();
        taken.write(&Record { started: number as u64, ..record(State::Exited(1)) }).unwrap();
    }
    let left = registry.list().unwrap();
    assert_eq!(left.len(), MOST_ENDED);
    assert!(left.iter().all(|found| found.record.started >= 5));
    registry.forget(&left[0]).unwrap();
    assert_eq!(names(&registry).len(), MOST_ENDED - 1);
    // The name of one that has ended is free.
    registry.take(&left[1].name).unwrap();
}

#[test]
fn a_directory_that_others_may_use_is_refused() {
    let folder = TempDir::new().unwrap();
    let place = place_in(&folder);
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    let error = format!("{:#}", Registry::open(&place).unwrap_err());
    assert!(error.contains("other users may use 'oci-bundle' (mode 0755)"), "{error}");
    fs::remove_dir(&place).unwrap();
    let elsewhere = TempDir::new().unwrap();
    symlink(elsewhere.path(), &place).unwrap();
    assert!(Registry::open(&place).is_err());
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
}

#[test]
fn what_is_no_record_is_removed_or_left_alone() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::open(&place_in(&folder)).unwrap();
    let containers = folder.path().join("oci-bundle/containers");
    fs::create_dir(containers.join("broken")).unwrap();
    fs::write(containers.join("broken/record.json"), "{").unwrap();
    symlink("/etc", containers.join("link")).unwrap();
    fs::write(containers.join("file"), "").unwrap();
    assert!(names(&registry).is_empty());
    assert!(!containers.join("broken").exists());
    assert!(containers.join("link").is_symlink());
}
