//! The cgroups of a container whose runtime was killed: nobody else removes them.

use std::fs;
use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::record::Record;

/// Where they are mounted.
const MOUNT_POINT: &str = "/sys/fs/cgroup";

/// How long processes that were killed may take to end.
const MOST_FOR_END: Duration = Duration::from_millis(500);

/// How long those of one that was killed as it started may be looked for.
const MOST_FOR_SEARCH: Duration = Duration::from_secs(2);

/// The paths, below the mount point, of the cgroups that a process is in and that the container of this `id` has alone.
///
/// `membership` is a file of `/proc/PID/cgroup` (cgroups(7)).
pub fn of_container(membership: &str, id: &str) -> Vec<String> {
    let paths = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let end = path.find(id)? + id.len();
        // What the container has made below it.
        let path = &path[..path[end..].find('/').map_or(path.len(), |next| end + next)];
        let hierarchy = controllers.strip_prefix("name=").unwrap_or(controllers);
        let is_plain = |part: &str| part.split('/').all(|name| name != "..");
        // The second version has no controllers here. It is beside the first one, or in its place.
        let hierarchies = if hierarchy.is_empty() { vec!["", "/unified"] } else { vec![hierarchy] };
        let below = |hierarchy: &&str| format!("{hierarchy}{path}").trim_start_matches('/').to_owned();
        (is_plain(path) && is_plain(hierarchy)).then(|| hierarchies.iter().map(below).collect::<Vec<_>>())
    };
    membership.lines().filter_map(paths).flatten().collect()
}

/// Removes them, and those below, where no process is. The kernel removes no other.
pub fn remove(record: &Record) {
    for path in &record.cgroups {
        let path = Utf8Path::new(path);
        if path.is_relative()
            && !path.components().any(|part| part.as_str() == "..")
            && path.as_str().contains("oci-bundle-")
        {
            remove_tree(&Utf8Path::new(MOUNT_POINT).join(path), Instant::now() + MOST_FOR_END);
        }
    }
}

/// Removes those of a container that was killed. One that was killed as it started has not noted its own: these have its name, and are
/// looked for among all of the host's.
pub fn remove_of_killed(record: &Record) {
    remove(record);
    if record.cgroups.is_empty() && record.id.starts_with("oci-bundle-") {
        // Others may have made some of that name, and keep them busy.
        remove_named(Utf8Path::new(MOUNT_POINT), &record.id, Instant::now() + MOST_FOR_SEARCH);
    }
}

fn remove_named(directory: &Utf8Path, name: &str, deadline: Instant) {
    for entry in directory.read_dir_utf8().into_iter().flatten().flatten() {
        if Instant::now() > deadline {
            return;
        }
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name() == name {
            remove_tree(entry.path(), deadline.min(Instant::now() + MOST_FOR_END));
        } else {
            remove_named(entry.path(), name, deadline);
        }
    }
}

fn remove_tree(directory: &Utf8Path, deadline: Instant) {
    for entry in directory.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(entry.path(), deadline);
        }
    }
    // What was killed is in it for another moment.
    while fs::remove_dir(directory).is_err_and(|error| error.kind() == ErrorKind::ResourceBusy)
        && Instant::now() < deadline
    {
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_the_cgroups_of_its_container() {
        let membership = "12:cpu,cpuacct:/a/oci-bundle-7/inner\n1:name=systemd:/\n0::/oci-bundle-7\n";
        assert_eq!(
            of_container(membership, "oci-bundle-7"),
            ["cpu,cpuacct/a/oci-bundle-7", "oci-bundle-7", "unified/oci-bundle-7"]
        );
    }
}
