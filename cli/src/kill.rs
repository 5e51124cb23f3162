//! The verb `kill`: sends containers a signal.

use anyhow::{Result, bail, ensure};
use clap::Args;
use oci_bundle::containers::State;
use oci_bundle::runner;

use crate::monitor::registry;
use crate::stop::{self, KILL};

#[derive(Args)]
pub struct KillOptions {
    /// The signal, such as HUP, SIGRTMIN+3 or 10
    #[arg(long, short, value_name = "SIGNAL", default_value = "KILL", value_parser = runner::parse_signal)]
    signal: i32,

    /// Enter the namespaces of the one container, which has this id, and send it from there
    #[arg(long, hide = true, value_name = "ID")]
    here: Option<String>,

    /// The containers
    #[arg(required = true)]
    names: Vec<String>,
}

/// Sends it to the first process of each.
pub fn kill(options: &KillOptions) -> Result<()> {
    let registry = registry()?;
    for found in registry.find_all(&options.names)? {
        let name = &found.name;
        match found.record.state {
            State::Running => {}
            State::Starting if options.signal == KILL => {}
            State::Starting => bail!("'{name}' has not started yet"),
            State::Exited(code) => bail!("'{name}' has ended with exit code {code}"),
        }
        if let Some(id) = &options.here {
            // The next one of this name may have started meanwhile.
            ensure!(found.record.id == *id, "'{name}' has ended");
            return found.running()?.kill(options.signal);
        }
        if options.signal == KILL {
            stop::end(&found)?;
            registry.forget_if_ended(&found)?;
        } else {
            stop::send(&found, options.signal)?;
        }
    }
    Ok(())
}
