//! `parts-table FOLDER` prints the medians that criterion left in FOLDER, one row for each part of the builder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use oci_bundle_benchmarks::parts::{PARTS, SIZES};
use oci_bundle_benchmarks::table::{Table, seconds};
use serde::Deserialize;

/// criterion's estimates.json, as far as it is needed.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    /// In nanoseconds.
    point_estimate: f64,
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("want criterion's folder")?;
    let mut table = Table::new(["part", "100", "1 000", "10 000", "each of 10 000"]);
    for part in PARTS {
        let medians = SIZES.iter().map(|size| median(&Path::new(&folder).join(part).join(size.to_string())));
        let medians = medians.collect::<Result<Vec<_>>>()?;
        let each = medians.iter().zip(SIZES).next_back().map(|(median, size)| median / size as f64);
        let cells = medians.iter().copied().chain(each).map(seconds);
        table.row([part.to_owned()].into_iter().chain(cells));
    }
    print!("{table}");
    Ok(())
}

/// In seconds.
fn median(folder: &Path) -> Result<f64> {
    let file = folder.join("new/estimates.json");
    let text = fs::read(&file).with_context(|| format!("reading '{}'", file.display()))?;
    let estimates: Estimates = serde_json::from_slice(&text).context("these are not criterion's estimates")?;
    Ok(estimates.median.point_estimate / 1e9)
}
