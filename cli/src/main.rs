//! The program for people: where the environment is read, and errors become exit codes. Nix calls it for wrappers and lists.

mod command_line;
mod usage;

use std::env;
use std::fs;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::error::ErrorKind;
use oci_bundle::runner::{self, Bundle, Host, Run, Terminal, Variable, Wishes, Wrapper};
use oci_bundle_builder::plan::derivation::attrs::{self, ClosureAttrs};
use oci_bundle_builder::plan::derivation::closure::Closure;
use oci_bundle_builder::plan::diagnostics::text;

use crate::command_line::{AttrsOptions, Command, ContainerOptions, RunOptions, WrapperOptions};

/// Nothing but the program's name was given.
const MISSING_COMMAND: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

fn main() -> ExitCode {
    let command = match command_line::parse(env::args_os().collect()) {
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
        Command::Run(options) => ("oci-bundle", start(options)),
        Command::HoldUserNamespace => ("oci-bundle", runner::hold()),
        Command::WriteWrapper(options) => ("buildContainer: run", write_wrapper(options)),
        Command::WriteClosure(options) => ("buildContainer: closure", write_closure(&options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&text::one_line(name, &error));
            ExitCode::FAILURE
        }
    }
}

fn write_wrapper(options: WrapperOptions) -> Result<()> {
    let WrapperOptions { name, program, runtime, bundle, out } = options;
    Wrapper { program, runtime, bundle }.write(&out, &name)
}

/// A line for each store path, sorted.
fn write_closure(options: &AttrsOptions) -> Result<()> {
    let attrs: ClosureAttrs = attrs::read(options.attrs.as_deref(), options.build_dir.as_deref())?;
    let closure = Closure::decode(&attrs.closure, &options.store_dir()?)?;
    let paths: Vec<_> = closure.directories().map(|path| path.display().to_string() + "\n").collect();
    fs::write(&attrs.outputs.out, paths.concat()).with_context(|| format!("writing '{}'", attrs.outputs.out))
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
        let content = runner::read_env_file(file).context("--env-file")?;
        let parsed = runner::parse_file(file, &content, &caller);
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
    runner::handed_over(fds.as_deref(), pid.as_deref(), std::process::id())
}

/// Becomes the runtime, or prints what it would be given.
fn start(options: RunOptions) -> Result<()> {
    let sockets = sockets();
    let RunOptions { options, bundle, args } = options;
    let is_dry = options.dry_run;
    let env = variables(&options)?;
    // After the files, as a shell hands a process in its place over as a descriptor: <(command).
    runner::close_others(sockets);
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
    let planned = runner::plan(&run, &bundle, &mut host)?;
    let plan = &planned.plan;
    for warning in &plan.dropped {
        say(&text::escaped(&format!("oci-bundle: warning: {warning}")));
    }
    if is_dry {
        for note in runner::notes(&plan.document) {
            say(&text::escaped(&format!("oci-bundle: look at this: {note}")));
        }
        let text = text::escaped_json(&serde_json::to_string_pretty(&plan.document)?) + "\n";
        return std::io::stdout().write_all(text.as_bytes()).context("writing to standard output");
    }
    match run.start(&bundle, &planned, &host)? {}
}
