//! `ways-table [--difference] RESULTS WAY…` prints how long each way takes for each row of RESULTS, a folder with a folder of rounds
//! for each, and how many times as long as the first way, or how much longer.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use oci_bundle_benchmarks::rounds::{Rounds, Sample};
use oci_bundle_benchmarks::shape::Shape;
use oci_bundle_benchmarks::table::{Table, seconds};

fn main() -> Result<()> {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let with_difference = arguments.first().is_some_and(|argument| argument == "--difference");
    if with_difference {
        arguments.remove(0);
    }
    let (results, ways) = arguments.split_first().context("want a folder and the names of ways")?;
    let first = ways.first().context("want the names of ways")?;

    let compared = if with_difference { "more than the first" } else { "× of the first" };
    let mut table = Table::new(["what", "way", "median", "least–most", compared, "noise"]);
    for row in rows(Path::new(results))? {
        let rounds = Rounds::read(&Path::new(results).join(&row))?;
        ensure!(rounds.of(first).is_some(), "'{row}' has no rounds of '{first}'");
        let title = Shape::named(&row).map_or(row.as_str(), |shape| shape.title);
        for way in ways {
            let compared = if with_difference {
                rounds.difference(way, first).map(|sample| format!("{:.1} ms", 1e3 * sample.median()))
            } else {
                rounds.ratio(way, first).map(|sample| format!("{:.2}", sample.median()))
            };
            let (Some(sample), Some(compared)) = (rounds.of(way), compared) else { continue };
            let is_first = way == first;
            table.row([
                if is_first { title.to_owned() } else { String::new() },
                way.clone(),
                seconds(sample.median()),
                spread(&sample),
                compared,
                if is_first { format!("{:.0} %", 100.0 * rounds.noise()) } else { String::new() },
            ]);
        }
    }
    print!("{table}");
    Ok(())
}

fn spread(sample: &Sample) -> String {
    format!("{} – {}", seconds(sample.least()), seconds(sample.most()))
}

/// The folders' names: shapes in their own order, all else by name behind them.
fn rows(results: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(results).with_context(|| format!("listing '{}'", results.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    let place = |name: &String| oci_bundle_benchmarks::shape::SHAPES.iter().position(|shape| shape.name == name);
    names.sort_by_key(|name| (place(name).unwrap_or(usize::MAX), name.clone()));
    Ok(names)
}
