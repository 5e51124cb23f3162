//! The config.json of a bundle, which any tool may have made, up to the document that a runtime would be given.

use std::fs;
use std::sync::LazyLock;

use camino::Utf8PathBuf;
use oci_bundle::runner::{
    self, CreatedHook, Host, InitOption, NetworkOptions, Overrides, Privilege, Run, SearchPath, StateHome, Terminal,
};
use oci_bundle_builder::plan::diagnostics::text;
use serde_json::Value;

/// This machine, for root and for an ordinary user.
static HOSTS: LazyLock<[Host; 2]> = LazyLock::new(|| {
    let here = Host::detect(SearchPath::default());
    [Privilege::Root, Privilege::Rootless].map(|privilege| Host { privilege, ..here.clone() })
});

/// A bundle that each text is put into, one for each thread.
struct Bundle(Utf8PathBuf);

thread_local! {
    static BUNDLE: Bundle = {
        let name = format!("oci-bundle-fuzz-{}-{:?}", std::process::id(), std::thread::current().id());
        let directory = Utf8PathBuf::try_from(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir_all(directory.join("rootfs")).unwrap();
        Bundle(directory)
    };
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a user may ask for.
fn overrides() -> Overrides {
    Overrides {
        args: vec!["x".to_owned()],
        program: Some("/bin/sh".to_owned()),
        env: vec!["A=\u{202e}b".parse().unwrap()],
        volumes: vec!["/etc:/data".parse().unwrap(), "/srv:/srv:ro".parse().unwrap()],
        named_volumes: vec!["kept:/var/kept".parse().unwrap()],
        user: Some("5:6".parse().unwrap()),
        userns: None,
        created: Some(CreatedHook { program: "/bin/true".into(), args: vec!["x".to_owned()] }),
        terminal: Some(Terminal { height: 24, width: 80, kind: Some("dumb".to_owned()) }),
    }
}

/// Takes the text of a config.json.
///
/// # Panics
/// When what would be printed is no JSON, means something else than the plan, deceives its reader, or is another one the next
/// time; or when an error is not a line.
pub fn plan(bytes: &[u8]) {
    BUNDLE.with(|Bundle(bundle)| {
        fs::write(bundle.join("config.json"), bytes).unwrap();
        for (host, overrides) in HOSTS.iter().flat_map(|host| [(host, Overrides::default()), (host, overrides())]) {
            // No runtime is asked what it can do.
            let runtime = Some("/no/runtime".into());
            let init = overrides.program.as_ref().map(|_| InitOption { program: Some("/usr/bin/catatonit".into()) });
            let state_home = StateHome { given: Some("/var/lib".into()), ..StateHome::default() };
            let publish = overrides.program.iter().map(|_| "127.0.0.1:8080:80".parse().unwrap()).collect();
            let network = Some(NetworkOptions { publish, ..NetworkOptions::default() });
            let run = Run {
                network,
                runtime,
                state: None,
                state_home,
                notifies: false,
                tmpfs_size: None,
                sockets: None,
                init,
                overrides,
            };
            let bundle = runner::Bundle::open(bundle).unwrap();
            let planned = run.plan(&bundle, host);
            match &planned {
                Ok(plan) => {
                    let shown = text::escaped_json(&serde_json::to_string_pretty(plan.config.as_value()).unwrap());
                    assert!(!shown.chars().any(|c| c != '\n' && is_deceptive(c)), "{shown:?}");
                    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), *plan.config.as_value());
                    for told in plan.dropped.iter().cloned().chain(runner::notes(&plan.config)) {
                        assert_is_line(&text::escaped(&told));
                    }
                    assert_eq!(run.plan(&bundle, host).unwrap(), *plan);
                }
                Err(error) => assert_is_line(&text::escaped(&format!("{error:#}"))),
            }
        }
    });
}

fn assert_is_line(text: &str) {
    assert!(!text.chars().any(is_deceptive), "{text:?}");
}

/// Controls, separators of lines, and marks of direction, as ranges of Unicode's tables.
fn is_deceptive(c: char) -> bool {
    const DECEPTIVE: [(u32, u32); 7] = [
        (0x00, 0x1f),
        (0x7f, 0x9f),
        (0x61c, 0x61c),
        (0x200e, 0x200f),
        (0x2028, 0x2029),
        (0x202a, 0x202e),
        (0x2066, 0x2069),
    ];
    DECEPTIVE.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}
