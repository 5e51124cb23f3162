//! Writes a bundle (OCI runtime spec, bundle.md).

mod copy;
mod directories;
mod entries;
pub mod progress;
mod remove;

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use camino::Utf8Path;

use self::progress::Progress;
use crate::plan::ContainerPlan;
use crate::plan::runtime_config::RuntimeConfig;

/// Writes `config.json` and `rootfs` into the new directory `out`. If that fails, nothing is left of it.
///
/// # Errors
/// What failed, and on which file.
pub fn write(plan: &ContainerPlan<'_>, out: &Utf8Path, progress: &Progress) -> Result<()> {
    fs::create_dir(out).with_context(|| format!("making the bundle '{out}'"))?;
    let written = write_into(plan, out, progress);
    if written.is_err() {
        remove::all(out.as_std_path());
    }
    written
}

fn write_into(plan: &ContainerPlan<'_>, out: &Utf8Path, progress: &Progress) -> Result<()> {
    entries::write(plan, out.join("rootfs").as_std_path(), progress)?;
    write_config(&plan.config, out)
}

/// Comes last and gets its name when it is whole, so that what has a config.json is a bundle.
fn write_config(config: &RuntimeConfig, out: &Utf8Path) -> Result<()> {
    let text = serde_json::to_string_pretty(config.document()).context("serialising config.json")?;
    let (part, whole) = (out.join("config.json.part"), out.join("config.json"));
    let writing = || format!("writing '{part}'");
    let mut file = fs::File::create_new(&part).with_context(writing)?;
    file.write_all((text + "\n").as_bytes()).with_context(writing)?;
    fs::rename(&part, &whole).with_context(|| format!("naming '{whole}'"))
}
