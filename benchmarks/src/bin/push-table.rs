//! `push-table TITLE GRAPH…` prints what pushes send again over some edits of each closure: a title, and the reference graph as Nix
//! or `make-tree` writes it.

use std::fs;

use anyhow::{Context, Result};
use oci_bundle_benchmarks::graph;
use oci_bundle_benchmarks::pushes::{Edit, Layering, sent_again};
use oci_bundle_benchmarks::table::Table;

/// How many edits there are.
const EDITS: usize = 20;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let mut table = Table::new(["closure", "20 edits", "layers at most", "popularity", "oci-bundle"]);
    for pair in arguments.chunks(2) {
        let [title, file] = pair else { continue };
        let graph = graph::decode(&fs::read(file).with_context(|| format!("reading '{file}'"))?)?;
        let kinds = [
            ("of the program", Edit::Program),
            ("of any package, with all that refers to it", Edit::Package),
            ("that add a dependency of 64 KiB", Edit::Dependency),
        ];
        for (name, edit) in kinds {
            for most in [100, 25] {
                let sent = |layering| sent_again(&graph, (edit, EDITS), layering, most).map(mebibytes);
                let (popularity, ours) = (sent(Layering::Popularity)?, sent(Layering::OciBundle)?);
                table.row([title.clone(), name.to_owned(), most.to_string(), popularity, ours]);
            }
        }
    }
    print!("{table}");
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
