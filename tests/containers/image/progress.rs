//! What is said while the bytes of an image are made.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::image::recipe::image;
use crate::support::nix;
use crate::support::terminal::Terminal;

/// Streams a recipe to a reader that begins so many seconds late, as the rest does not fit into the pipe.
fn stream(recipe: &Path, seconds: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#""$0" stream "$1" | { sleep "$2"; cat >/dev/null; }; echo ended"#]);
    command.arg(nix::program("oci-bundle-image")).arg(recipe).arg(seconds);
    command
}

#[test]
fn a_terminal_shows_one_line_which_is_gone_at_the_end() {
    let recipe = nix::build(&image(""));
    let mut terminal = Terminal::start(&stream(&recipe, "3"));
    let shown = terminal.wait_for("ended");
    let lines: Vec<_> = shown.split('\r').filter(|line| !line.is_empty()).collect();
    // For two seconds, at most ten times in each.
    assert!((3..=22).contains(&lines.len()), "{shown:?}");
    let (last, before) = lines.split_last().unwrap();
    for line in before {
        assert!(
            line.starts_with("oci-bundle: ") && line.contains(" layers, ") && line.trim_end().ends_with(" MiB/s"),
            "{line:?}"
        );
    }
    assert!(last.trim().is_empty() && last.len() >= before.last().unwrap().trim_end().len(), "{shown:?}");
    assert!(!shown.contains('\n'), "{shown:?}");
    assert!(terminal.wait().success());
}

#[test]
fn a_log_gets_a_line_every_ten_seconds() {
    let recipe = nix::build(&image(""));
    let output = stream(&recipe, "13").stdin(Stdio::null()).output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.starts_with("oci-bundle: ") && log.ends_with(" MiB/s\n"), "{log}");
}
