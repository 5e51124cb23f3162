//! Inputs that grow: of each kind, three sizes, of which the last is as large as anybody has asked for, or an attacker.

mod trees;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value, json};

use self::trees::{chain_of_directories, chains_of_links, files_in, interpreters, links_beside};

/// A kind of input.
pub struct Cost {
    /// What it is, and what the sizes count.
    pub title: &'static str,
    pub sizes: [usize; 3],
    /// The most that there can be, and why.
    pub bound: &'static str,
    make: fn(usize, &Store) -> Result<Value>,
}

/// Every kind.
pub const COSTS: [Cost; 17] = [
    Cost { title: "`files`", sizes: [5_000, 10_000, 20_000], bound: "", make: files },
    Cost { title: "mounts", sizes: [2_500, 5_000, 10_000], bound: "", make: mounts },
    Cost { title: "mounts, each below the one before", sizes: [500, 1_000, 2_000], bound: PATH, make: nested_mounts },
    Cost { title: "`files`, and as many mounts", sizes: [2_500, 5_000, 10_000], bound: "", make: files_and_mounts },
    Cost { title: "packages", sizes: [1_250, 2_500, 5_000], bound: "", make: packages },
    Cost { title: "files of a package, merged with another", sizes: [5_000, 10_000, 20_000], bound: "", make: merged },
    Cost {
        title: "files of a package, beside which a file is made",
        sizes: [5_000, 10_000, 20_000],
        bound: "",
        make: opened,
    },
    Cost {
        title: "directories in each other that two packages share",
        sizes: [250, 500, 1_000],
        bound: PATH,
        make: shared_chain,
    },
    Cost { title: "links of a package, with a mount below each", sizes: [500, 1_000, 2_000], bound: "", make: links },
    Cost {
        title: "links with targets of 4 kB, in chains of 39",
        sizes: [39, 78, 195],
        bound: "40 links on the way to one place",
        make: long_links,
    },
    Cost {
        title: "names in the path of a missing program",
        sizes: [500, 1_000, 2_000],
        bound: PATH,
        make: deep_program,
    },
    Cost {
        title: "characters of a missing program's name, 1 000 files in `PATH`",
        sizes: [25_000, 50_000, 100_000],
        bound: "a name has 255 bytes",
        make: long_program,
    },
    Cost {
        title: "directories of `PATH` that are one, 1 000 files in it",
        sizes: [100, 400, 1_600],
        bound: "a variable has 131 072 bytes",
        make: long_path,
    },
    Cost {
        title: "interpreters of 4 MiB that an ELF program asks for",
        sizes: [100, 500, 1_000],
        bound: "the first, of 4 096 bytes",
        make: elf,
    },
    Cost {
        title: "MiB of `propagated-user-env-packages`",
        sizes: [768, 1_536, 3_072],
        bound: "1 MiB is read",
        make: propagated,
    },
    Cost { title: "user mappings, and as many groups", sizes: [500, 1_000, 2_000], bound: "", make: mappings },
    Cost { title: "names in `cwd`, 10 000 mounts beside it", sizes: [500, 1_000, 2_000], bound: PATH, make: deep_cwd },
];

const PATH: &str = "a path has 4 095 bytes";

/// Where store paths are made.
pub struct Store {
    pub paths: Vec<PathBuf>,
}

impl Cost {
    /// Makes what is in the store for this size, and gives the container's arguments.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn container(&self, size: usize, store: &Store) -> Result<Value> {
        let mut container = (self.make)(size, store)?;
        // The store is below where default mounts would hide it.
        for destination in ["/tmp", "/dev/shm"] {
            container["mounts"][destination] = Value::Null;
        }
        container["mounts"]["/dev"] = json!({ "type": "tmpfs", "options": ["tmpcopyup"] });
        container["args"] = container["args"].as_array().cloned().unwrap_or(vec![json!("x")]).into();
        container["checkProgram"] = (container["args"][0] != "x").into();
        Ok(container)
    }
}

fn numbered(size: usize, entry: impl Fn(usize) -> (String, Value)) -> Value {
    Value::Object((0..size).map(entry).collect::<Map<_, _>>())
}

fn texts(size: usize) -> Value {
    numbered(size, |number| (format!("/etc/d{}/f{number}", number % 10), json!({ "text": "" })))
}

fn tmpfs(size: usize) -> Value {
    numbered(size, |number| (format!("/srv/m{number}"), json!({ "type": "tmpfs" })))
}

fn files(size: usize, _: &Store) -> Result<Value> {
    Ok(json!({ "files": texts(size) }))
}

fn mounts(size: usize, _: &Store) -> Result<Value> {
    Ok(json!({ "mounts": tmpfs(size) }))
}

fn nested_mounts(size: usize, _: &Store) -> Result<Value> {
    let mounts = numbered(size, |number| ("/a".repeat(number + 1), json!({ "type": "tmpfs" })));
    Ok(json!({ "mounts": mounts }))
}

fn files_and_mounts(size: usize, _: &Store) -> Result<Value> {
    Ok(json!({ "files": texts(size), "mounts": tmpfs(size) }))
}

fn packages(size: usize, store: &Store) -> Result<Value> {
    for (number, path) in store.paths[..size].iter().enumerate() {
        files_in(&path.join("bin"), &[format!("tool-{number}")])?;
    }
    Ok(json!({ "contents": store.paths[..size] }))
}

fn merged(size: usize, store: &Store) -> Result<Value> {
    for (path, name) in store.paths[..2].iter().zip(["a", "b"]) {
        files_in(&path.join("share"), &names(name, size))?;
    }
    Ok(json!({ "contents": store.paths[..2] }))
}

fn opened(size: usize, store: &Store) -> Result<Value> {
    files_in(&store.paths[0].join("share"), &names("a", size))?;
    Ok(json!({ "contents": store.paths[..1], "files": { "/share/new": { "text": "" } } }))
}

fn shared_chain(size: usize, store: &Store) -> Result<Value> {
    for (path, name) in store.paths[..2].iter().zip(["a", "b"]) {
        chain_of_directories(path, size, name)?;
    }
    Ok(json!({ "contents": store.paths[..2] }))
}

fn links(size: usize, store: &Store) -> Result<Value> {
    links_beside(&store.paths[0], size)?;
    let mounts = numbered(size, |number| (format!("/links/l{number}/new"), json!({ "type": "tmpfs" })));
    Ok(json!({ "contents": store.paths[..1], "mounts": mounts }))
}

fn long_links(size: usize, store: &Store) -> Result<Value> {
    for path in &store.paths[..2] {
        chains_of_links(path, size)?;
    }
    Ok(json!({ "contents": store.paths[..2] }))
}

fn deep_program(size: usize, store: &Store) -> Result<Value> {
    files_in(&store.paths[0].join("bin"), &names("tool", 10))?;
    let start = store.paths[0].to_str().unwrap_or_default();
    Ok(json!({ "contents": store.paths[..1], "args": [format!("{start}{}", "/a".repeat(size - 40))] }))
}

fn long_program(size: usize, store: &Store) -> Result<Value> {
    files_in(&store.paths[0].join("bin"), &names("tool", 1_000))?;
    Ok(json!({ "contents": store.paths[..1], "args": ["a".repeat(size)] }))
}

fn long_path(size: usize, store: &Store) -> Result<Value> {
    files_in(&store.paths[0].join("bin"), &names("tool", 1_000))?;
    let path: String = (0..size).map(|number| format!("/bin{}:", "/.".repeat(number % 30))).collect();
    Ok(json!({ "contents": store.paths[..1], "args": ["tol"], "env": { "PATH": path } }))
}

fn elf(size: usize, store: &Store) -> Result<Value> {
    interpreters(&store.paths[0], size)?;
    Ok(json!({ "args": [store.paths[0]] }))
}

fn propagated(size: usize, store: &Store) -> Result<Value> {
    let folder = store.paths[0].join("nix-support");
    std::fs::create_dir_all(&folder)?;
    std::fs::File::create(folder.join("propagated-user-env-packages"))?.set_len((size as u64) << 20)?;
    Ok(json!({ "contents": store.paths[..1] }))
}

fn mappings(size: usize, _: &Store) -> Result<Value> {
    let mapping = |number| json!({ "containerID": number, "hostID": 100_000 + number, "size": 1 });
    let mappings: Vec<_> = (0..size).map(mapping).collect();
    let kinds = ["user", "mount", "pid", "ipc", "uts", "network"].map(|kind| json!({ "type": kind }));
    Ok(json!({
        "user": { "additionalGids": (0..size).collect::<Vec<_>>() },
        "config": { "linux": { "uidMappings": mappings, "gidMappings": mappings, "namespaces": kinds } },
    }))
}

fn deep_cwd(size: usize, _: &Store) -> Result<Value> {
    Ok(json!({ "cwd": "/a".repeat(size), "mounts": tmpfs(10_000) }))
}

fn names(start: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{start}-{number}")).collect()
}

/// The store paths that an input has made.
pub fn made(store: &Store) -> &[PathBuf] {
    let count = store.paths.iter().take_while(|path| Path::exists(path)).count();
    &store.paths[..count]
}
