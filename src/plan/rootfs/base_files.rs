//! The files that most programs want to find, whatever they do.

use std::fmt::Write as _;

use super::tree::Node;
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::user::{NOBODY, User};
use crate::plan::resolve::{Content, File};

/// A file, directory or link that is there unless the user or a package has something in its place.
#[derive(Debug)]
pub struct BaseFile {
    /// Where it is.
    pub path: ContainerPath,
    /// What it is.
    pub node: Node,
    /// Its mode, if it is not the usual one.
    pub mode: Option<u32>,
}

/// The mode of a directory for temporary files: everybody writes to it, and nobody removes what others have there.
pub const TEMPORARY: u32 = 0o1777;

/// A directory for temporary files that are to outlive a restart.
const VAR_TMP: &str = "/var/tmp";

/// Certificates of authorities, under the name that nixpkgs' `cacert` has for them.
pub const CA_BUNDLE: &str = "/etc/ssl/certs/ca-bundle.crt";

/// The same under Debian's name, where nixpkgs' OpenSSL looks for them, and curl, Go and others.
const CA_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What there is for a process of this `user` on this host, in a tree that may have a [`CA_BUNDLE`].
///
/// They are those of nixpkgs' `fakeNss`, with the container's own user; what container engines put their own files on: hosts,
/// hostname, resolv.conf; and what the Filesystem Hierarchy Standard has where programs write at run time.
pub fn new(user: &User, hostname: Option<&str>, has_ca_bundle: bool) -> Vec<BaseFile> {
    let directory = || Node::Directory(super::tree::Directory::default());
    let link = |target: &str| Node::Link(target.into());
    let mut files = vec![
        ("/etc/passwd", text(passwd(user))),
        ("/etc/group", text(group(user))),
        ("/etc/nsswitch.conf", text("passwd: files\ngroup: files\nhosts: files dns\n".to_owned())),
        ("/etc/hosts", text(hosts(hostname))),
        ("/etc/resolv.conf", text(String::new())),
        ("/etc/mtab", link("/proc/mounts")),
        ("/root", directory()),
        ("/run", directory()),
        // systemd-nspawn takes no tree for an operating system's that has none.
        ("/usr", directory()),
        ("/var/empty", directory()),
        ("/var/run", link("/run")),
        (VAR_TMP, directory()),
    ];
    if let Some(name) = hostname {
        files.push(("/etc/hostname", text(format!("{name}\n"))));
    }
    if has_ca_bundle {
        files.push((CA_CERTIFICATES, link(CA_BUNDLE)));
    }
    let home = user.home();
    let mut files: Vec<_> = files
        .into_iter()
        .map(|(path, node)| {
            let path = ContainerPath::from_valid(path);
            let mode = (path.as_path() == VAR_TMP && path != home).then_some(TEMPORARY);
            BaseFile { path, node, mode }
        })
        .collect();
    files.push(BaseFile { path: home, node: directory(), mode: None });
    files
}

/// hosts(5), of a container that has loopback alone.
pub fn hosts(hostname: Option<&str>) -> String {
    let host = hostname.map(|name| format!(" {name}")).unwrap_or_default();
    format!("127.0.0.1 localhost{host}\n::1 localhost{host}\n")
}

fn text(text: String) -> Node {
    Node::File(File { content: Content::Text(text), executable: false })
}

/// Source: passwd(5).
fn passwd(user: &User) -> String {
    let mut lines = String::new();
    let mut add = |name: &str, uid: u32, gid: u32, home: &str| {
        let _ = writeln!(lines, "{name}:x:{uid}:{gid}::{home}:/bin/sh");
    };
    let home = user.home().to_string();
    if user.uid == 0 {
        add("root", 0, user.gid, &home);
    } else {
        add("root", 0, 0, "/root");
    }
    if ![0, NOBODY].contains(&user.uid) {
        add(user.name(), user.uid, user.gid, &home);
    }
    if user.uid == NOBODY {
        add("nobody", NOBODY, user.gid, &home);
    } else {
        add("nobody", NOBODY, NOBODY, "/var/empty");
    }
    lines
}

/// The other name of nobody's group.
const NOGROUP: &str = "nogroup";

/// Source: group(5).
fn group(user: &User) -> String {
    // Debian's programs know the group of nobody as nogroup, others as nobody.
    let mut groups = vec![(0, "root".to_owned()), (NOBODY, "nobody".to_owned()), (NOBODY, NOGROUP.to_owned())];
    if ![0, NOBODY].contains(&user.gid) {
        // A group may not have the name of another.
        let is_taken = [0, NOBODY].contains(&user.uid) || user.name() == NOGROUP;
        let name = if is_taken { format!("group{}", user.gid) } else { user.name().to_owned() };
        groups.push((user.gid, name));
    }
    for gid in &user.additional_gids {
        if groups.iter().all(|(known, _)| known != gid) {
            groups.push((*gid, format!("group{gid}")));
        }
    }
    let mut lines = String::new();
    for (gid, name) in groups {
        let member = if user.additional_gids.contains(&gid) { user.name() } else { "" };
        let _ = writeln!(lines, "{name}:x:{gid}:{member}");
    }
    lines
}

#[cfg(test)]
mod tests;
