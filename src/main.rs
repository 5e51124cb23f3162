//! The program: where the environment is read, the one thread pool made, and errors become exit codes.

mod cli;

use std::fs;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use oci_bundle::bundle::progress::Progress;
use oci_bundle::container::{Container, Store};
use oci_bundle::nix::attrs::{Attrs, ClosureAttrs};
use oci_bundle::nix::closure::Closure;
use oci_bundle::rootfs::Facts;
use oci_bundle::rootfs::view::View;
use oci_bundle::run::{Bundle, Host, Launcher, Run, Terminal, Wishes};
use oci_bundle::{bundle, config, program, rootfs, run, text};

use crate::cli::{AttrsOptions, BuildOptions, Cli, Command, LauncherOptions, RunOptions};

fn main() -> ExitCode {
    // What the user called.
    let (name, result) = match Cli::parse().command {
        Command::Build(options) => ("buildContainer", build(&options)),
        Command::Run(options) => ("oci-bundle", start(options)),
        Command::MapIds { pid, uids, gids } => ("oci-bundle", run::map_of(pid, &uids, &gids)),
        Command::WriteLauncher(options) => ("buildContainer: run", write_launcher(options)),
        Command::WriteClosure(options) => ("buildContainer: closure", write_closure(&options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&one_line(name, &error));
            ExitCode::FAILURE
        }
    }
}

fn write_launcher(options: LauncherOptions) -> Result<()> {
    let LauncherOptions { name, program, runtime, bundle, out } = options;
    Launcher { program, runtime, bundle }.write(&out, &name)
}

/// A line for each store path, sorted.
fn write_closure(options: &AttrsOptions) -> Result<()> {
    let attrs: ClosureAttrs = options.read()?;
    let closure = Closure::decode(&attrs.closure, &options.store_dir()?)?;
    let paths: Vec<_> = closure.directories().map(|path| path.display().to_string() + "\n").collect();
    fs::write(&attrs.outputs.out, paths.concat()).with_context(|| format!("writing '{}'", attrs.outputs.out))
}

/// Decode, plan, check, write.
fn build(options: &BuildOptions) -> Result<()> {
    let start = Instant::now();
    let store_dir = options.attrs.store_dir()?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.cores).use_current_thread();
    let _threads = threads.build().context("starting threads")?;

    let attrs: Attrs = options.attrs.read()?;
    let container = Container::decode(&attrs.container, &attrs.host_system)?;
    let closure = Closure::decode(&attrs.closure, &store_dir)?;

    let mounts = config::mounts::of(&container, &closure);
    let mut document = config::document(&container, &attrs.name, &mounts, &closure)?;
    let facts = Facts::of(&container, &document, &mounts)?;
    let (rootfs, mount_points) = rootfs::plan(&container, &closure, &facts)?;
    if container.check_program {
        let view = View::of(&rootfs, &mount_points, &mounts)?;
        program::check(&document, &config::attribute_of_program(&container), &view, &attrs.host_system)?;
    }

    if container.store == Store::Mount {
        config::mount_store(&mut document, &mounts, &rootfs)?;
    }

    let progress = Progress::default();
    let write = || bundle::write(&attrs.outputs.out, &rootfs, container.store, &document, &progress);
    match container.store {
        Store::Copy => progress.shown(&closure, say, write)?,
        Store::Mount => write()?,
    }
    say(&progress.summary(&closure, container.store, start));
    Ok(())
}

/// Says a line, if anybody can be told.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The terminal that standard input is.
fn terminal() -> Option<Terminal> {
    let size = rustix::termios::tcgetwinsize(std::io::stdin()).ok()?;
    Some(Terminal { height: size.ws_row, width: size.ws_col })
}

/// Becomes the runtime, or prints what it would be given.
fn start(options: RunOptions) -> Result<()> {
    let is_dry = options.dry_run;
    let run = Run {
        runtime: options.runtime,
        state: options.state,
        notifies: std::env::var_os("NOTIFY_SOCKET").is_some_and(|socket| !socket.is_empty()),
        wishes: Wishes {
            args: options.args,
            program: options.shell,
            env: options.env,
            volumes: options.mount,
            user: options.user,
            terminal: terminal(),
        },
    };
    let host = Host::here();
    let bundle = Bundle::open(&options.bundle)?;
    let plan = run.plan(&bundle, &host)?;
    if !plan.left_out.is_empty() {
        say(&text::escaped(&format!("oci-bundle: left out {}", plan.left_out.join("; "))));
    }
    if is_dry {
        for note in run::notes(&plan.document) {
            say(&text::escaped(&format!("oci-bundle: look at this: {note}")));
        }
        let text = text::escaped_json(&serde_json::to_string_pretty(&plan.document)?) + "\n";
        return std::io::stdout().write_all(text.as_bytes()).context("writing to standard output");
    }
    match run.start(&bundle, &plan, &host)? {}
}

/// The error and its causes, outermost first. Every message starts with the name that the user knows.
fn one_line(name: &str, error: &anyhow::Error) -> String {
    let text = text::escaped(&format!("{error:#}"));
    if text.starts_with(&format!("{name}: ")) { text } else { format!("{name}: {text}") }
}
