//! `costs-table BUILDER FOLDER` prints what inputs of growing sizes cost the builder, one row for each kind. Trees and
//! outputs are made in FOLDER.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use oci_bundle_benchmarks::closure;
use oci_bundle_benchmarks::costs::{COSTS, Cost, Store, made};
use oci_bundle_benchmarks::table::{Table, seconds};
use serde_json::Value;

/// The least time of so many runs counts: nothing makes a run faster than it is.
const RUNS: usize = 3;

/// What takes longer is run once.
const LONG: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (builder, folder) = arguments.next().zip(arguments.next()).context("want the builder and a folder")?;
    let mut table = Table::new(["input", "sizes", "first", "second", "third", "growth", "bound"]);
    for cost in COSTS {
        eprintln!("costs-table: {}", cost.title);
        let times = cost.sizes.map(|size| time(&cost, size, &builder, &folder.join("costs")));
        let [first, second, third] = times;
        let times = [first?, second?, third?];
        let growth = (times[2] / times[0]).ln() / (cost.sizes[2] as f64 / cost.sizes[0] as f64).ln();
        let sizes = cost.sizes.map(grouped).join(", ");
        let cells = [cost.title.to_owned(), sizes].into_iter().chain(times.map(seconds));
        table.row(cells.chain([format!("{:.1}", growth.max(0.0)), cost.bound.to_owned()]));
    }
    print!("{table}");
    Ok(())
}

/// The seconds that a build takes, or fails in.
fn time(cost: &Cost, size: usize, builder: &Path, folder: &Path) -> Result<f64> {
    let (store_dir, out) = (folder.join("store"), folder.join("out"));
    fs::create_dir_all(&store_dir)?;
    let store = Store { paths: closure::paths(&store_dir, 5_000) };
    let container = cost.container(size, &store)?;
    let attrs = closure::attrs(container, made(&store), &out);
    fs::write(folder.join("attrs.json"), serde_json::to_vec::<Value>(&attrs)?)?;
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let mut command = Command::new(builder);
        command.arg("build").env("NIX_ATTRS_JSON_FILE", folder.join("attrs.json"));
        command.env("NIX_STORE", &store_dir).env("NIX_BUILD_TOP", folder).env("NIX_BUILD_CORES", "0");
        let start = Instant::now();
        command.stderr(Stdio::null()).status().with_context(|| format!("running '{}'", builder.display()))?;
        let time = start.elapsed();
        least = least.min(time.as_secs_f64());
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        if time > LONG {
            break;
        }
    }
    fs::remove_dir_all(folder)?;
    Ok(least)
}

/// A number with its digits in threes.
fn grouped(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{} {:03}", number / 1_000, number % 1_000) }
}
