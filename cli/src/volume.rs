//! The verb `volume`: what runs have kept.

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, Error, Result};
use clap::{Args, Subcommand};
use oci_bundle::runner::{self, ListedVolume, SearchPath, StateHome, VolumesDir};
use oci_bundle_builder::plan::definition::named_volume::VolumeName;
use oci_bundle_builder::plan::diagnostics::text;

use crate::say;

#[derive(Args)]
pub struct VolumeOptions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List your volumes.
    #[command(alias = "ls")]
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove volumes that no container uses, with all that is in them.
    #[command(alias = "rm")]
    Remove {
        /// The volumes
        #[arg(required = true)]
        names: Vec<VolumeName>,
    },
    /// Print the directory that a volume is.
    Path {
        /// The volume
        name: VolumeName,
    },
}

/// What the environment says of where volumes are.
pub fn state_home() -> StateHome {
    StateHome { given: None, xdg: env::var_os("XDG_STATE_HOME"), home: env::var_os("HOME") }
}

/// Lists, finds or removes volumes.
pub fn volume(options: VolumeOptions) -> Result<()> {
    let place = state_home().volumes(runner::detect_privilege())?;
    let directory = VolumesDir::open(&place)?;
    match options.action {
        Action::List { json } => {
            let volumes = directory.as_ref().map_or(Ok(Vec::new()), ListedVolume::all)?;
            print(&if json { serde_json::to_string_pretty(&volumes)? + "\n" } else { table(&volumes) })
        }
        Action::Remove { names } => {
            let search_path = SearchPath::new(env::var_os("PATH").unwrap_or_default());
            let mut problems = match directory {
                Some(directory) => runner::remove_volumes(&directory, &names, &search_path)?,
                None => names.iter().map(|name| Error::msg(runner::MissingVolume::none_like(name))).collect(),
            };
            let last = problems.pop();
            for problem in &problems {
                say(&text::one_line("oci-bundle", problem));
            }
            last.map_or(Ok(()), Err)
        }
        Action::Path { name } => {
            let path = directory.map(|directory| directory.data_path(&name)).transpose()?;
            let path = path.ok_or_else(|| Error::msg(runner::MissingVolume::none_like(&name)))?;
            print(&format!("{path}\n"))
        }
    }
}

fn table(volumes: &[ListedVolume]) -> String {
    let width = volumes.iter().map(|volume| volume.name.len()).max().unwrap_or(0).max("NAME".len());
    let mut table = format!("{:width$}  {:20}  IN USE\n", "NAME", "CREATED");
    for volume in volumes {
        let in_use = if volume.in_use { "yes" } else { "no" };
        // Writing to a string does not fail.
        let _ = writeln!(table, "{:width$}  {:20}  {in_use}", volume.name, volume.created);
    }
    table
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("writing to standard output")
}
