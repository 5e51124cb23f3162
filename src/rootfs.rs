//! The layout of the container's root filesystem (OCI runtime spec, config.md, "Root").

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::closure::Closure;
use crate::mount::{Destination, Mount, MountPoint};
use crate::path::ContainerPath;
use crate::store::{StoreDir, StorePath};

/// Directories that every runtime expects, whatever is mounted.
const BASE_DIRECTORIES: [&str; 4] = ["/dev", "/proc", "/sys", "/tmp"];

/// What goes into `rootfs`. All paths are as the container sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Empty directories, parents first.
    pub directories: Vec<Utf8PathBuf>,
    /// Where the process starts, unless a mount brings it.
    pub working_directory: Option<ContainerPath>,
    /// Store paths to copy into the store directory, sorted.
    pub store_paths: Vec<StorePath>,
    /// What the mounts go on, parents first.
    pub mount_points: Vec<(Destination, MountPoint)>,
}

/// Plans the root filesystem of a container with this closure and these mounts.
///
/// A mount point is planned for every mount but those below another mount: they appear in what is mounted there, which
/// hides whatever rootfs has. So it is with the working directory `cwd`.
pub fn plan(
    closure: &Closure,
    store_dir: &StoreDir,
    mounts: &BTreeMap<Destination, Mount>,
    cwd: &ContainerPath,
) -> Layout {
    let is_mounted =
        |path: &ContainerPath| mounts.keys().any(|mount| mount.as_path() == path || path.is_below(mount.as_path()));
    Layout {
        directories: BASE_DIRECTORIES.into_iter().chain([store_dir.to_str()]).map(Utf8PathBuf::from).collect(),
        working_directory: Some(cwd.clone()).filter(|cwd| !is_mounted(cwd)),
        store_paths: closure.paths().to_vec(),
        mount_points: mounts
            .iter()
            .filter(|(destination, _)| !mounts.keys().any(|other| destination.is_below(other)))
            .map(|(destination, mount)| (destination.clone(), mount_point(mount, closure, store_dir)))
            .collect(),
    }
}

/// A source outside the closure is out of the builder's sight. It is taken for a directory, as most are, on every
/// machine alike; the user can say otherwise.
fn mount_point(mount: &Mount, closure: &Closure, store_dir: &StoreDir) -> MountPoint {
    match &mount.mount_point {
        MountPoint::Like(source) if !closure.has(source, store_dir) => MountPoint::Directory,
        known => known.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mounts(of: &[(&str, MountPoint)]) -> BTreeMap<Destination, Mount> {
        of.iter()
            .map(|(destination, mount_point)| {
                let mount = Mount { mount_point: mount_point.clone(), ..Mount::of("tmpfs", "tmpfs", &[]) };
                (Destination::parse(destination).unwrap(), mount)
            })
            .collect()
    }

    fn planned(mounts: &BTreeMap<Destination, Mount>) -> Layout {
        let closure = Closure::decode(&json!([]), &StoreDir::default()).unwrap();
        plan(&closure, &StoreDir::default(), mounts, &ContainerPath::root())
    }

    #[test]
    fn a_mount_has_a_mount_point_unless_another_mount_hides_it() {
        let layout = planned(&mounts(&[
            ("/data", MountPoint::File),
            ("/data-2/deep", MountPoint::Directory),
            ("/dev", MountPoint::Directory),
            ("/dev/shm", MountPoint::Directory),
            ("/dev/shm/x/y", MountPoint::File),
        ]));
        let points: Vec<_> = layout.mount_points.iter().map(|(at, point)| (at.to_string(), point.clone())).collect();
        assert_eq!(
            points,
            [
                ("/data".to_owned(), MountPoint::File),
                ("/data-2/deep".to_owned(), MountPoint::Directory),
                ("/dev".to_owned(), MountPoint::Directory),
            ]
        );
    }

    #[test]
    fn a_source_is_looked_at_only_in_the_closure() {
        let bash = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";
        let store_dir = StoreDir::default();
        let closure = Closure::decode(&json!([{"path": bash, "references": []}]), &store_dir).unwrap();
        for (source, seen) in [
            (bash.to_owned(), true),
            (format!("{bash}/bin/bash"), true),
            (format!("{bash}-2/bin"), false),
            (format!("{bash}/../../etc"), false),
            ("/nix/store/1rm6sr6ixxzipv5358x0cmaw8rs84g2j-glibc".to_owned(), false),
            ("/etc/passwd".to_owned(), false),
            ("etc".to_owned(), false),
        ] {
            let like = MountPoint::Like(source.clone().into());
            let layout = plan(&closure, &store_dir, &mounts(&[("/x", like.clone())]), &ContainerPath::root());
            let expected = if seen { like } else { MountPoint::Directory };
            assert_eq!(layout.mount_points[0].1, expected, "{source}");
        }
    }

    #[test]
    fn the_directories_that_runtimes_expect_are_there_without_mounts() {
        assert_eq!(planned(&mounts(&[])).directories, ["/dev", "/proc", "/sys", "/tmp", "/nix/store"]);
    }

    #[test]
    fn the_working_directory_is_made_unless_a_mount_brings_it() {
        let mounts = mounts(&[("/data", MountPoint::Directory)]);
        let closure = Closure::decode(&json!([]), &StoreDir::default()).unwrap();
        for (cwd, made) in [("/", true), ("/srv/app", true), ("/data", false), ("/data/x", false), ("/data-2", true)] {
            let cwd = ContainerPath::parse(cwd, "cwd").unwrap();
            let layout = plan(&closure, &StoreDir::default(), &mounts, &cwd);
            assert_eq!(layout.working_directory.is_some(), made, "{cwd}");
        }
    }

    #[test]
    fn the_whole_closure_is_in_the_layout() {
        let path = "/nix/store/00vr8vs0nzqf4kdbgdk6pyrgrd7xhd9l-bash";
        let closure = Closure::decode(&json!([{"path": path, "references": []}]), &StoreDir::default()).unwrap();
        let layout = plan(&closure, &StoreDir::default(), &BTreeMap::new(), &ContainerPath::root());
        assert_eq!(layout.store_paths, closure.paths());
    }
}
