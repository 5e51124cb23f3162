//! The program: where the environment is read, the one thread pool made, and errors become exit codes.

mod cli;
mod usage;

use std::env;
use std::fs;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::error::ErrorKind;
use oci_bundle::bundle::progress::Progress;
use oci_bundle::container::{Container, Store};
use oci_bundle::nix::attrs::{Attrs, ClosureAttrs};
use oci_bundle::nix::closure::Closure;
use oci_bundle::rootfs::Facts;
use oci_bundle::rootfs::view::View;
use oci_bundle::run::{Bundle, Host, Launcher, Run, Terminal, Variable, Wishes};
use oci_bundle::{bundle, config, program, rootfs, run, text};

use crate::cli::{AttrsOptions, BuildOptions, Command, ContainerOptions, LauncherOptions, RunOptions};

/// Nothing but the program's name was given.
const MISSING_COMMAND: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

fn main() -> ExitCode {
    let command = match cli::parse(env::args_os().collect()) {
        Ok(command) => command,
        // Help, and the version.
        Err(error) if !error.use_stderr() || error.kind() == MISSING_COMMAND => error.exit(),
        Err(error) => {
            say(&text::escaped(&format!("oci-bundle: {}", usage::one_line(&error))));
            return ExitCode::from(2);
        }
    };
    // What the user called.
    let (name, result) = match command {
        Command::Build(options) => ("buildContainer", build(&options)),
        Command::Run(options) => ("oci-bundle", start(options)),
        Command::HoldUserNamespace => ("oci-bundle", run::hold()),
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
    let kind = env::var("TERM").ok().filter(|kind| !kind.is_empty());
    Some(Terminal { height: size.ws_row, width: size.ws_col, kind })
}

/// A variable of the caller's.
fn caller(name: &str) -> Option<Result<String, ()>> {
    // One that no variable can be called.
    let name = Some(name).filter(|name| !name.contains(['=', '\0']))?;
    Some(env::var_os(name)?.into_string().map_err(drop))
}

/// Those of the files, then those of the command line, which come last and so hold.
fn variables(options: &ContainerOptions) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    for file in &options.env_file {
        let content = run::read_env_file(file).context("--env-file")?;
        let parsed = run::parse_file(file, &content, &caller);
        variables.extend(parsed.map_err(|problem| anyhow!("--env-file: {problem}"))?);
    }
    for variable in options.env.iter().cloned() {
        variables.push(variable.resolve(&caller).map_err(|problem| anyhow!("--env: {problem}"))?);
    }
    Ok(variables)
}

/// How many sockets this process was given.
fn sockets() -> Option<i32> {
    let [fds, pid] = ["LISTEN_FDS", "LISTEN_PID"].map(|name| env::var(name).ok());
    run::handed_over(fds.as_deref(), pid.as_deref(), std::process::id())
}

/// Becomes the runtime, or prints what it would be given.
fn start(options: RunOptions) -> Result<()> {
    let sockets = sockets();
    let RunOptions { options, bundle, args } = options;
    let is_dry = options.dry_run;
    let env = variables(&options)?;
    // After the files, as a shell hands a process in its place over as a descriptor: <(command).
    run::close_others(sockets);
    let cwd = || {
        let cwd = env::current_dir().context("looking for the working directory")?;
        Utf8PathBuf::from_path_buf(cwd).map_err(|cwd| anyhow!("the working directory '{}' is not UTF-8", cwd.display()))
    };
    let is_relative = |source: &str| !Utf8Path::new(source).is_absolute();
    let mut volumes = options.mount;
    if volumes.iter().any(|volume| is_relative(&volume.source)) {
        let cwd = cwd().context("--mount")?;
        volumes = volumes.into_iter().map(|volume| volume.resolve(&cwd)).collect();
    }
    let run = Run {
        runtime: options.runtime,
        state: options.state,
        tmpfs_size: options.tmpfs_size,
        sockets,
        notifies: env::var_os("NOTIFY_SOCKET").is_some_and(|socket| !socket.is_empty()),
        wishes: Wishes {
            args,
            program: options.shell,
            env,
            volumes,
            user: options.user,
            userns: options.userns,
            terminal: terminal(),
        },
    };
    let mut host = Host::here();
    let bundle = Bundle::open(&bundle)?;
    let planned = run::plan(&run, &bundle, &mut host)?;
    let plan = &planned.plan;
    for warning in &plan.dropped {
        say(&text::escaped(&format!("oci-bundle: warning: {warning}")));
    }
    if is_dry {
        for note in run::notes(&plan.document) {
            say(&text::escaped(&format!("oci-bundle: look at this: {note}")));
        }
        let text = text::escaped_json(&serde_json::to_string_pretty(&plan.document)?) + "\n";
        return std::io::stdout().write_all(text.as_bytes()).context("writing to standard output");
    }
    match run.start(&bundle, &planned, &host)? {}
}

/// The error and its causes, outermost first. Every message starts with the name that the user knows, once: a mistake in the
/// arguments has the function's already.
fn one_line(name: &str, error: &anyhow::Error) -> String {
    let text = text::escaped(&format!("{error:#}"));
    let function = name.split(": ").next().unwrap_or(name);
    let problem = text.strip_prefix(&format!("{function}: ")).unwrap_or(&text);
    format!("{name}: {problem}")
}
