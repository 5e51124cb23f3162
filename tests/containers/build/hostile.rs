//! Trees that lead out of the store: the builder looks at nothing there, and makes and changes nothing. strace(1) lists
//! every file that it asks the kernel for.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::builder::Builder;
use crate::support::tree::snapshot;

/// A folder beside the store, which trees lead to.
struct Outside(PathBuf);

impl Outside {
    fn new(builder: &Builder) -> Self {
        let folder = builder.folder().join("outside");
        fs::create_dir_all(folder.join("directory/share")).unwrap();
        for file in ["passwd", "directory/program", "propagated-user-env-packages"] {
            fs::write(folder.join(file), "outside").unwrap();
            fs::set_permissions(folder.join(file), Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }
}

/// Places that the system calls of a log are about, but for those below what the builder may look at.
fn elsewhere(log: &str, builder: &Builder) -> BTreeSet<PathBuf> {
    let allowed = ["store", "build", "out"].map(|name| builder.folder().join(name));
    let is_allowed = |path: &Path| {
        // Rust's runtime looks at its own process.
        allowed.iter().any(|allowed| path.starts_with(allowed)) || path.starts_with("/proc") && path.ends_with("maps")
    };
    log.lines().flat_map(places).filter(|path| !is_allowed(path)).collect()
}

/// The places that a line of strace's log is about, with links followed as the kernel did.
fn places(line: &str) -> Vec<PathBuf> {
    // A quotation mark in a name, which is the last of a path here.
    let line = line.replace("\\\"", "'");
    let (_, call) = line.split_once(' ').unwrap();
    let Some((name, rest)) = call.trim_start().split_once('(') else { return Vec::new() };
    let (args, result) = rest.rsplit_once(" = ").unwrap_or((rest, ""));
    // A descriptor is decoded to the path of what is open.
    let opened = result.split_once('<').and_then(|(_, path)| path.strip_suffix('>')).map(PathBuf::from);

    let strings: Vec<_> = args.split('"').skip(1).step_by(2).collect();
    let directories: Vec<_> =
        args.split(", ").map(|arg| arg.split_once('<').and_then(|(_, at)| at.split_once('>'))).collect();
    let named = match name {
        // What is in a link is a text.
        "symlink" => strings.get(1).map(|path| (None, *path)),
        "symlinkat" => strings.get(1).map(|path| (directories[1], *path)),
        "execve" => None,
        // So does the start of a static program.
        "readlink" | "readlinkat" if strings[0] == "/proc/self/exe" => None,
        _ => strings.first().map(|path| (directories[0], *path)),
    };
    let follows = name == "stat"
        || name == "access"
        || name == "chmod"
        || name == "statx" && !args.contains("AT_SYMLINK_NOFOLLOW");
    let named = named.map(|(at, path)| {
        let path = Path::new(at.map_or("/", |(at, _)| at)).join(path);
        if follows {
            return path.canonicalize().unwrap_or(path);
        }
        let parent = path.parent().map(|parent| parent.canonicalize().unwrap_or(parent.to_owned()));
        parent.unwrap_or_default().join(path.file_name().unwrap_or_default())
    });
    opened.into_iter().chain(named).collect()
}

fn add_script(tree: &Path, text: &str) {
    fs::create_dir(tree.join("bin")).unwrap();
    fs::write(tree.join("bin/start"), text).unwrap();
    fs::set_permissions(tree.join("bin/start"), Permissions::from_mode(0o555)).unwrap();
}

#[test]
fn nothing_outside_of_the_closure_and_the_output_is_looked_at() {
    type Make = fn(&Path, &Outside);
    let cases: [(&str, Make, Value); 12] = [
        (
            "an /etc of the host",
            |tree, outside| symlink(&outside.0, tree.join("etc")).unwrap(),
            json!({ "cwd": "/etc" }),
        ),
        (
            "links to the root and above",
            |tree, _| {
                symlink("/", tree.join("dev")).unwrap();
                symlink("../../../..", tree.join("etc")).unwrap();
                symlink("..", tree.join("share")).unwrap();
            },
            json!({ "mounts": { "/share/outside/x": { "type": "tmpfs", "source": "x" } }, "cwd": "/share/outside" }),
        ),
        (
            "files in the place of directories",
            |tree, _| {
                for name in ["dev", "etc", "nix", "proc"] {
                    fs::write(tree.join(name), "").unwrap();
                }
            },
            json!({}),
        ),
        (
            "files that are the host's",
            |tree, outside| {
                fs::create_dir(tree.join("etc")).unwrap();
                symlink(outside.0.join("passwd"), tree.join("etc/passwd")).unwrap();
            },
            json!({ "files": { "/etc/passwd/x": { "text": "x" } } }),
        ),
        (
            "a loop",
            |tree, _| {
                symlink("two", tree.join("one")).unwrap();
                symlink("../one", tree.join("two")).unwrap();
            },
            json!({ "mounts": { "/one/x": { "type": "tmpfs", "source": "x" } } }),
        ),
        (
            "names of any bytes",
            |tree, outside| {
                for name in [&b"new\nline"[..], b"\x1b[31m", b"\xff\xfe", b"quote\"<>"] {
                    symlink(&outside.0, tree.join(OsStr::from_bytes(name))).unwrap();
                }
            },
            json!({}),
        ),
        (
            "a program of the host",
            |tree, outside| {
                fs::create_dir(tree.join("bin")).unwrap();
                symlink(outside.0.join("directory/program"), tree.join("bin/start")).unwrap();
            },
            json!({ "checkProgram": true }),
        ),
        (
            "an interpreter that is a loop",
            |tree, _| {
                add_script(tree, "#!/bin/loop\n");
                symlink("pool", tree.join("bin/loop")).unwrap();
                symlink("loop", tree.join("bin/pool")).unwrap();
            },
            json!({ "checkProgram": true }),
        ),
        ("an interpreter of itself", |tree, _| add_script(tree, "#!/bin/start\n"), json!({ "checkProgram": true })),
        (
            "a list of packages that is the host's",
            |tree, outside| symlink(&outside.0, tree.join("nix-support")).unwrap(),
            json!({}),
        ),
        (
            "a source that leads to the host",
            |tree, outside| symlink(&outside.0, tree.join("link")).unwrap(),
            json!({ "mounts": { "/x": "TREE/link/directory", "/y": "TREE/link" }, "files": { "/z": { "source": "TREE/link/passwd" } } }),
        ),
        (
            "a link out that is merged",
            |tree, outside| {
                symlink(outside.0.join("directory/share"), tree.join("share")).unwrap();
            },
            json!({ "files": { "/share/x": { "text": "x" } } }),
        ),
    ];
    for store in ["copy", "mount"] {
        for (name, make, more) in &cases {
            let builder = Builder::new();
            let outside = Outside::new(&builder);
            let tree = builder.store_path("tree");
            fs::create_dir(&tree).unwrap();
            make(&tree, &outside);
            // A second package, which what leads out is merged with.
            let other = builder.store_path("other");
            for file in ["share/other", "etc/passwd", "bin/start"] {
                fs::create_dir_all(other.join(file).parent().unwrap()).unwrap();
                fs::write(other.join(file), "outside").unwrap();
            }

            let mut container =
                json!({ "args": ["start"], "checkProgram": false, "contents": [tree, other], "store": store });
            container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let container = container.to_string().replace("TREE", tree.to_str().unwrap());
            let before = snapshot(&outside.0);
            let log = builder.folder().join("log");
            let strace = [
                "strace",
                "--quiet=all",
                "--follow-forks",
                "--decode-fds=path",
                "--string-limit=4096",
                "--trace=%file",
            ];
            let words = [&strace[..], &["--output", log.to_str().unwrap()]].concat();
            let output = builder.build_under(&words, &serde_json::from_str(&container).unwrap(), &["tree", "other"]);
            let what = format!("{name}, {store}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(matches!(output.status.code(), Some(0 | 1)), "{what}");
            assert_eq!(output.status.success(), builder.out().exists(), "{what}");
            assert_eq!(snapshot(&outside.0), before, "{what}");
            let log = fs::read_to_string(log).unwrap();
            assert!(log.contains("-tree"), "{what}{log}");
            let found = elsewhere(&log, &builder);
            assert!(found.is_empty(), "{what}{found:?}");
        }
    }
}
