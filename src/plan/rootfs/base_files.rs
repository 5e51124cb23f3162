//! The files that most programs want to find, whatever they do.

use std::fmt::Write as _;

use super::tree::Node;
use crate::plan::definition::container_path::ContainerPath;
use crate::plan::definition::user::{NOBODY, User};
use crate::plan::resolve::{Content, File};

/// Their paths, and what is there for a process of this `user` on this host.
///
/// They are those of nixpkgs' `fakeNss`, with the container's own user, and what container engines put their own files
/// on: hosts, hostname, resolv.conf.
pub fn new(user: &User, hostname: Option<&str>) -> Vec<(ContainerPath, Node)> {
    let host = hostname.map(|name| format!(" {name}")).unwrap_or_default();
    let directory = || Node::Directory(super::tree::Directory::default());
    let mut files = vec![
        ("/etc/passwd", text(passwd(user))),
        ("/etc/group", text(group(user))),
        ("/etc/nsswitch.conf", text("passwd: files\ngroup: files\nhosts: files dns\n".to_owned())),
        ("/etc/hosts", text(format!("127.0.0.1 localhost{host}\n::1 localhost{host}\n"))),
        ("/etc/resolv.conf", text(String::new())),
        ("/root", directory()),
        // systemd-nspawn takes no tree for an operating system's that has none.
        ("/usr", directory()),
        ("/var/empty", directory()),
    ];
    if let Some(name) = hostname {
        files.push(("/etc/hostname", text(format!("{name}\n"))));
    }
    let mut files: Vec<_> = files.into_iter().map(|(path, node)| (ContainerPath::from_valid(path), node)).collect();
    files.push((user.home(), directory()));
    files
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

/// Source: group(5).
fn group(user: &User) -> String {
    let mut groups = vec![(0, "root".to_owned()), (NOBODY, "nobody".to_owned())];
    if ![0, NOBODY].contains(&user.gid) {
        // A group may not have the name of another.
        let name = if [0, NOBODY].contains(&user.uid) { format!("group{}", user.gid) } else { user.name().to_owned() };
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
