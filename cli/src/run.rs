//! The verb `run`, and what the wrapper of a container calls: plans a run, and stays with it to its end, or prints the plan.

use std::io::Write;
use std::{env, fs};

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use oci_bundle::containers::Name;
use oci_bundle::runner::{
    self, Bundle, CreatedHook, Host, InitOption, KeepId, NetworkOptions, Overrides, Plan, Privilege, Run, SearchPath,
    StateHome, Terminal, TmpfsSize, UserOption, Variable, Volume, VolumeOption,
};
use oci_bundle_builder::plan::definition::port::Port;
use oci_bundle_builder::plan::definition::run_settings::Network;
use oci_bundle_builder::plan::diagnostics::text;

use crate::detach;
use crate::monitor::{Attendance, Monitor, registry};
use crate::say;
use crate::volume::state_home;

/// Options before the bundle, arguments behind it.
#[derive(Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub options: ContainerOptions,

    /// The bundle to run, such as ./result
    pub bundle: Utf8PathBuf,

    /// Arguments for the container's program, instead of the bundle's
    #[arg(last = true)]
    pub args: Vec<String>,
}

#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Args)]
pub struct ContainerOptions {
    /// The OCI runtime to use: a path, or a name on PATH [default: the first of crun, runc and youki]
    #[arg(long, value_name = "PROGRAM", env = "OCI_RUNTIME", hide_env_values = true)]
    pub runtime: Option<Utf8PathBuf>,

    /// Keep the container's changes in this directory [default: discard them when it ends]
    #[arg(long, value_name = "DIRECTORY")]
    pub state: Option<Utf8PathBuf>,

    /// Limit what the container writes to memory, such as 512M or 20% [default: 50%]
    #[arg(long, value_name = "SIZE")]
    pub tmpfs_size: Option<TmpfsSize>,

    /// Set an environment variable; without a value, pass yours on
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<Variable>,

    /// Read environment variables from a file, one per line
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<Utf8PathBuf>,

    /// Mount a directory or file of the host
    #[arg(long, value_name = "SOURCE:DESTINATION[:ro]")]
    pub mount: Vec<Volume>,

    /// Mount a volume: a directory that is kept under a name
    #[arg(short, long, value_name = "NAME:DESTINATION[:ro]")]
    pub volume: Vec<VolumeOption>,

    /// What the container has of the network [default: the bundle's, or private]
    #[arg(long, value_name = "private|user|host", value_parser = parse_network)]
    pub network: Option<Network>,

    /// Hand a port of the host on to one of the container
    #[arg(long, short = 'p', value_name = "[ADDRESS:]HOST:CONTAINER[/udp]", value_parser = parse_published)]
    pub publish: Vec<Port>,

    /// The program that connects the network 'user': a path, or a name on PATH [default: pasta]
    #[arg(long, value_name = "PROGRAM", env = "OCI_PASTA", hide_env_values = true)]
    pub pasta: Option<Utf8PathBuf>,

    /// Run as this user and group: numbers, or names from the bundle
    #[arg(long, value_name = "USER[:GROUP]", allow_hyphen_values = true)]
    pub user: Option<UserOption>,

    /// Map the container's user to you on the host
    #[arg(long, value_name = "keep-id[:uid=UID,gid=GID]")]
    pub userns: Option<KeepId>,

    /// Run a shell of the container instead of its program
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, default_missing_value = "/bin/sh", require_equals = true, value_parser = NonEmptyStringValueParser::new())]
    pub shell: Option<String>,

    /// Call the container this [default: the bundle's name, with a number]
    #[arg(long, value_name = "NAME")]
    pub name: Option<Name>,

    /// Start the container and return; its output goes to a log
    #[arg(long, short)]
    pub detach: bool,

    /// Stay with a detached container; `--detach` starts this
    #[arg(long, hide = true)]
    pub monitor: bool,

    /// Start the program by an init that forwards signals and reaps, unless the bundle has one
    #[arg(long)]
    pub init: bool,

    /// The init of --init: a path, or a name on PATH
    #[arg(long, value_name = "PROGRAM", env = "OCI_INIT", hide = true)]
    pub init_program: Option<Utf8PathBuf>,

    /// Write warnings to this file instead of standard error, which is the container's alone then
    #[arg(long, value_name = "FILE", hide = true)]
    pub warnings: Option<Utf8PathBuf>,

    /// Keep volumes below this directory
    #[arg(long, value_name = "DIRECTORY", hide = true)]
    pub state_home: Option<Utf8PathBuf>,

    /// Leave the network as config.json has it; tests start this
    #[arg(long, hide = true)]
    pub unconnected: bool,

    /// Tell the supervisor of a test, at this socket, when the container is there, before its program is
    #[arg(long, value_name = "SOCKET", hide = true)]
    pub created: Option<Utf8PathBuf>,

    /// Print the config.json that would be used, and start nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn parse_network(text: &str) -> Result<Network, String> {
    let found = Network::NAMED.iter().find(|(name, _)| *name == text);
    found.map(|(_, network)| *network).ok_or_else(|| "want private, user or host".to_owned())
}

fn parse_published(text: &str) -> Result<Port, String> {
    const WANT: &str = "want [ADDRESS:]HOST:CONTAINER, such as 8080:80, 127.0.0.1:8080:80 or 5353:53/udp";
    let port: Option<Port> = text.parse().ok();
    port.filter(|port| port.published.is_some()).ok_or_else(|| WANT.to_owned())
}

/// The terminal that standard input is.
pub fn terminal() -> Option<Terminal> {
    let size = rustix::termios::tcgetwinsize(std::io::stdin()).ok()?;
    let kind = env::var("TERM").ok().filter(|kind| !kind.is_empty());
    Some(Terminal { height: size.ws_row, width: size.ws_col, kind })
}

/// A variable of the caller's.
pub fn caller(name: &str) -> Option<Result<String, ()>> {
    // One that no variable can be called.
    let name = Some(name).filter(|name| !name.contains(['=', '\0']))?;
    Some(env::var_os(name)?.into_string().map_err(drop))
}

/// Those of the files, then those of the command line, which come last and so hold.
fn variables(options: &ContainerOptions) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    for file in &options.env_file {
        let content = runner::read_env_file(file).context("--env-file")?;
        let parsed = runner::parse_env_file(file, &content, &caller);
        variables.extend(parsed.map_err(|problem| anyhow!("--env-file: {problem}"))?);
    }
    for variable in options.env.iter().cloned() {
        variables.push(variable.resolve(&caller).map_err(|problem| anyhow!("--env: {problem}"))?);
    }
    Ok(variables)
}

/// How many sockets this process was given, or the one that started it, to stay with a detached container.
fn sockets(is_monitor: bool) -> Option<i32> {
    let [fds, pid] = ["LISTEN_FDS", "LISTEN_PID"].map(|name| env::var(name).ok());
    let parent = || rustix::process::getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    let given = if is_monitor { parent() } else { Some(std::process::id()) };
    runner::handed_over(fds.as_deref(), pid.as_deref(), given?)
}

/// The mounts that are asked for, with sources that do not depend on the working directory.
fn volumes(asked: Vec<Volume>) -> Result<Vec<Volume>> {
    if asked.iter().all(|volume| Utf8Path::new(&volume.source).is_absolute()) {
        return Ok(asked);
    }
    let cwd = env::current_dir().context("--mount: looking for the working directory")?;
    let cwd = Utf8PathBuf::from_path_buf(cwd)
        .map_err(|cwd| anyhow!("--mount: the working directory '{}' is not UTF-8", cwd.display()))?;
    Ok(asked.into_iter().map(|volume| volume.resolve(&cwd)).collect())
}

/// The hook that tells a supervisor: this program.
fn created_hook(socket: Utf8PathBuf) -> Result<CreatedHook> {
    let program = env::current_exe().context("looking for this program")?;
    let program = Utf8PathBuf::from_path_buf(program)
        .map_err(|program| anyhow!("this program's path '{}' is not UTF-8", program.display()))?;
    Ok(CreatedHook { program, args: vec!["report-created".to_owned(), socket.into_string()] })
}

/// Plans a run. Then runs it to its end, starts it for a monitor, or prints the plan.
pub fn run(options: RunOptions) -> Result<()> {
    if options.options.detach && !options.options.monitor && !options.options.dry_run {
        return detach::start();
    }
    let sockets = sockets(options.options.monitor);
    let RunOptions { options, bundle, args } = options;
    let (is_dry, warnings) = (options.dry_run, options.warnings.clone());
    let mut env = variables(&options)?;
    // crun hands the sockets on, and does not say so.
    if let Some(count) = sockets {
        env.insert(0, Variable { name: "LISTEN_FDS".to_owned(), value: Some(count.to_string()) });
    }
    // After the files, as a shell hands a process in its place over as a descriptor: <(command).
    runner::close_others(sockets);
    let is_of_test = options.unconnected;
    let attendance = Attendance { name: options.name, is_detached: options.monitor };
    let network = NetworkOptions { network: options.network, publish: options.publish, pasta: options.pasta };
    let run = Run {
        network: (!options.unconnected).then_some(network),
        runtime: options.runtime,
        state: options.state,
        tmpfs_size: options.tmpfs_size,
        state_home: StateHome { given: options.state_home, ..state_home() },
        sockets,
        notifies: env::var_os("NOTIFY_SOCKET").is_some_and(|socket| !socket.is_empty()),
        init: options.init.then_some(InitOption { program: options.init_program }),
        overrides: Overrides {
            args,
            program: options.shell,
            env,
            volumes: volumes(options.mount)?,
            named_volumes: options.volume,
            user: options.user,
            userns: options.userns,
            created: options.created.map(created_hook).transpose()?,
            terminal: if options.monitor { None } else { terminal() },
        },
    };
    let mut host = Host::detect(SearchPath::new(env::var_os("PATH").unwrap_or_default()));
    // The supervisor of a test holds all that a container is made of.
    let registry = if is_of_test || is_dry { None } else { Some(registry()) };
    if let Some(Ok(registry)) = &registry {
        host.filtering_runtimes = registry.filtering_runtimes();
    }
    let bundle = Bundle::open(&bundle)?;
    let planned = runner::plan(&run, &bundle, &mut host)?;
    if let (Some(Ok(registry)), Some(runtime)) = (&registry, &planned.plan.filtering_runtime) {
        // Without it, the next run asks as well.
        let _ = registry.note_filtering_runtime(runtime);
    }
    warn(&planned.plan.dropped, warnings.as_deref())?;
    if is_dry {
        return print(&planned.plan, host.privilege);
    }
    let Some(registry) = registry else { match run.prepare(&bundle, &planned, &host)?.become_runtime(sockets)? {} };
    let code = Monitor { run, bundle, planned, host }.attend(registry, attendance)?;
    std::process::exit(code.into())
}

fn warn(lines: &[String], file: Option<&Utf8Path>) -> Result<()> {
    if let Some(file) = file {
        let text: Vec<_> = lines.iter().map(|line| text::escaped(line) + "\n").collect();
        return fs::write(file, text.concat()).with_context(|| format!("writing '{file}'"));
    }
    for line in lines {
        say(&text::escaped(&format!("oci-bundle: warning: {line}")));
    }
    Ok(())
}

/// Prints the config.json that a runtime would be given, and what to look at in it.
fn print(plan: &Plan, privilege: Privilege) -> Result<()> {
    let of_network = plan.network.iter().flat_map(|network| network.notes(&plan.config, privilege));
    for note in runner::notes(&plan.config).into_iter().chain(of_network) {
        say(&text::escaped(&format!("oci-bundle: note: {note}")));
    }
    let text = text::escaped_json(&serde_json::to_string_pretty(plan.config.as_value())?) + "\n";
    std::io::stdout().write_all(text.as_bytes()).context("writing to standard output")
}
