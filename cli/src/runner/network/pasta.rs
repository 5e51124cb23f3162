//! pasta(1), which connects a network namespace with the host as an ordinary program would.
//!
//! It is started by this program, which becomes it: as itself, it asks to be killed with its parent, gives pasta a mount namespace
//! in which the files are that it needs, and takes away what it does not.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::definition::port::{Port, Protocol, Published};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, mknodat};
use rustix::io::Errno;
use rustix::mount::{self, MountFlags, MountPropagationFlags};
use rustix::process::{Gid, Signal, Uid, getppid, set_parent_process_death_signal};
use rustix::thread::{self, CapabilitySet, CapabilitySets, UnshareFlags};

use super::addresses::{
    CONTAINER_V4, CONTAINER_V6, GATEWAY_V4, GATEWAY_V6, HostAddresses, NETMASK, RESOLVER_V4, RESOLVER_V6,
};
use super::namespaces::Namespaces;
use crate::runner::descriptors::close_others;
use crate::runner::files::{SearchPath, find_executable};
use crate::runner::privilege::Privilege;
use crate::runner::supervision::Helper;

/// The hidden verb that becomes pasta.
pub const HOLD_PASTA: &str = "hold-pasta";

/// The device of networks that are a program's.
const TUN: &str = "/dev/net/tun";
/// Its numbers (Linux, `admin-guide/devices.txt`).
const TUN_DEVICE: (u32, u32) = (10, 200);

/// What its interface in the container is called.
const INTERFACE: &str = "eth0";

/// How long pasta may take. It takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where pasta finds the namespaces, in a mount namespace of its own. Debian confines it by `AppArmor`, and lets it read there.
const NAMESPACES: &str = "/run/user";
/// The directory in there.
const BELOW: &str = "0/netns";
/// Where pasta finds the file in which it says that it is ready, for the same reason.
const READY: &str = "/tmp";
/// That file.
const FIFO: &str = "ready";

/// What a process needs to know that becomes pasta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastaOptions {
    /// The process that started it, with which it ends.
    pub parent: u32,
    /// Where the namespaces are.
    pub directory: Utf8PathBuf,
    /// The user to become.
    pub user: Option<u32>,
    /// pasta.
    pub program: Utf8PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

/// The program: the one that was asked for, or the one on `PATH`.
///
/// # Errors
/// There is none.
pub fn find(asked: Option<&Utf8Path>, search_path: &SearchPath) -> Result<Utf8PathBuf> {
    let asked = asked.filter(|asked| !asked.as_str().is_empty());
    let name = asked.unwrap_or(Utf8Path::new("pasta"));
    let found = if name.as_str().contains('/') { find_executable(name) } else { search_path.find(name.as_str()) };
    match (found, asked) {
        (Some(program), _) => Ok(program),
        (None, Some(asked)) => bail!("no program '{asked}'; --pasta and OCI_PASTA take a path, or a name on PATH"),
        (None, None) => bail!(
            "the network 'user' needs pasta, which is not on PATH; install the package passt (of Debian, or of nixpkgs), name pasta \
             with --pasta or OCI_PASTA, or use --network private"
        ),
    }
}

/// Checks that this process may have the device that pasta needs. For root, who can make it, it need not even be there.
///
/// # Errors
/// It is not there, or is root's alone.
pub fn check_device(privilege: Privilege) -> Result<()> {
    if privilege.is_root() {
        return Ok(());
    }
    match File::options().read(true).write(true).open(TUN) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "the network 'user' needs {TUN}, which this host has not; as root: 'modprobe tun', or use --network private"
            )
        }
        Err(error) => bail!(
            "the network 'user' needs {TUN}, which you may not open ({error}); as root: 'chmod 666 {TUN}', which udev's rules do on \
             most distributions, or use --network private"
        ),
    }
}

/// Checks that each port of the host is free: pasta is content with one version of IP.
///
/// # Errors
/// One is not.
pub fn check_ports(ports: &[Port]) -> Result<()> {
    for port in ports {
        let Some(Published { address, number }) = port.published else { continue };
        let bind = |address: IpAddr| {
            let address = SocketAddr::new(address, number);
            match port.protocol {
                Protocol::Udp => UdpSocket::bind(address).map(drop),
                _ => TcpListener::bind(address).map(drop),
            }
        };
        let bound = match address {
            Some(address) => bind(address),
            // This one is of both versions, unless there is but one.
            None => match bind(Ipv6Addr::UNSPECIFIED.into()) {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::AFNOSUPPORT) => {
                    bind(Ipv4Addr::UNSPECIFIED.into())
                }
                bound => bound,
            },
        };
        let Err(error) = bound else { continue };
        let place = format!("port {number}/{} of the host", port.protocol);
        match error.kind() {
            ErrorKind::AddrInUse => bail!(
                "publishing {port}: {place} is taken; publish another one, such as --publish {}, or end what listens there \
                 ('ss -{}lnp' lists it)",
                other(port, number),
                if port.protocol == Protocol::Udp { "u" } else { "t" },
            ),
            ErrorKind::PermissionDenied => bail!(
                "publishing {port}: {place} takes root; publish a higher one, such as --publish {}, or lower the setting \
                 net.ipv4.ip_unprivileged_port_start of the host",
                other(port, number % 1000 + 8000),
            ),
            ErrorKind::AddrNotAvailable => bail!("publishing {port}: the host has no such address"),
            _ => bail!("publishing {port}: {error}"),
        }
    }
    Ok(())
}

/// The port with another one of the host, for messages.
fn other(port: &Port, number: u16) -> String {
    let number = number.checked_add(1).unwrap_or(8080);
    let published = port.published.map(|published| Published { number, ..published });
    Port { published, ..*port }.to_string().trim_end_matches("/tcp").to_owned()
}

/// Starts it, and waits until it has connected the network.
///
/// # Errors
/// What it says.
pub fn start(program: &Utf8Path, namespaces: &Namespaces<'_>, ports: &[Port]) -> Result<Helper> {
    let ready = namespaces.directory.join(FIFO);
    let making = || format!("making '{ready}'");
    mknodat(CWD, ready.as_std_path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).with_context(making)?;
    if let Some(id) = namespaces.owner() {
        chown(&ready, Some(id), Some(id)).with_context(making)?;
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let ready = File::from(rustix::fs::openat(CWD, ready.as_std_path(), flags, Mode::empty()).with_context(making)?);
    let mut command = Command::new("/proc/self/exe");
    command.arg(HOLD_PASTA).args(["--parent", &std::process::id().to_string(), "--directory"]);
    command.arg(namespaces.directory);
    if let Some(id) = namespaces.owner() {
        command.args(["--user", &id.to_string()]);
    }
    command.arg(program).arg("--").args(arguments(namespaces, ports));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // What is typed at a terminal is for the container.
    let child = command.process_group(0).spawn().context("starting pasta")?;
    let mut pasta = Helper { name: "pasta", child };
    wait_until(&mut pasta.child, ready)?;
    namespaces.keep_loopback_from(INTERFACE)?;
    Ok(pasta)
}

/// Waits until pasta says its number, or that it cannot.
fn wait_until(pasta: &mut Child, mut ready: File) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    let mut said = Vec::new();
    // What it says later is of no use, but may not be in its way.
    let stderr = pasta.stderr.as_mut().context("reading from pasta")?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        ensure!(!left.is_zero(), "pasta has not connected the network for {} seconds", PATIENCE.as_secs());
        let time = Timespec::try_from(left).context("waiting for pasta")?;
        let (is_ready, has_said) = {
            let mut fds = [ready.as_fd(), stderr.as_fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
            match poll(&mut fds, Some(&time)) {
                Err(Errno::INTR) => continue,
                polled => polled.context("waiting for pasta (poll(2))")?,
            };
            let [ready, stderr] = fds.map(|fd| fd.revents());
            (ready.contains(PollFlags::IN), !stderr.is_empty())
        };
        if is_ready && ready.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
            return Ok(());
        }
        if has_said {
            let mut buffer = [0; 4096];
            match stderr.read(&mut buffer).context("reading from pasta")? {
                0 => break,
                count => said.extend_from_slice(&buffer[..count]),
            }
        }
    }
    let status = pasta.wait().context("waiting for pasta")?;
    let said = String::from_utf8_lossy(&said);
    bail!("{}", explain(&said, status, HostAddresses::find()))
}

/// Why pasta has ended: its last line, and what to try where that is known.
fn explain(said: &str, status: ExitStatus, host: HostAddresses) -> String {
    // What it has said before somebody killed it, was a warning.
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty() && status.signal().is_none());
    let Some(last) = last else { return format!("pasta has ended early ({status})") };
    if host == HostAddresses::default() && last.contains("interface not usable") {
        return "pasta needs an interface with a route to the outside, which this host has not; versions from 2024 on connect a \
                container with the host all the same; or use --network private"
            .to_owned();
    }
    if let Some(own) = last.strip_prefix("oci-bundle: ") {
        return format!("starting pasta: {own}");
    }
    format!("pasta: {last}")
}

/// Only options that versions from 2023 to 2025 have.
fn arguments(namespaces: &Namespaces<'_>, ports: &[Port]) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(|word| (*word).to_owned()));
    add(&["--foreground", "--quiet", "--config-net", "--ns-ifname", INTERFACE]);
    // The container's network is configured. Who would ask for more is not its own program.
    add(&["--no-dhcp", "--no-dhcpv6", "--no-ra"]);
    // Nothing of the container is the loopback of the host, nor the other way round.
    add(&["--no-map-gw", "--tcp-ns", "none", "--udp-ns", "none"]);
    for (address, gateway, resolver) in [
        (IpAddr::from(CONTAINER_V4), IpAddr::from(GATEWAY_V4), IpAddr::from(RESOLVER_V4)),
        (CONTAINER_V6.into(), GATEWAY_V6.into(), RESOLVER_V6.into()),
    ] {
        let [address, gateway, resolver] = [address, gateway, resolver].map(|address| address.to_string());
        add(&["--address", &address, "--gateway", &gateway, "--dns-forward", &resolver]);
    }
    add(&["--netmask", NETMASK]);
    for (option, protocol) in [("--tcp-ports", Protocol::Tcp), ("--udp-ports", Protocol::Udp)] {
        let published: Vec<_> = ports.iter().filter(|port| port.protocol == protocol).filter_map(spec).collect();
        for spec in &published {
            add(&[option, spec]);
        }
        if published.is_empty() {
            add(&[option, "none"]);
        }
    }
    add(&["--pid", &format!("{READY}/{FIFO}"), "--netns", &in_own_place(Namespaces::NETWORK)]);
    match namespaces.owner() {
        Some(_) => add(&["--userns", &in_own_place(Namespaces::USER)]),
        None => add(&["--netns-only"]),
    }
    arguments
}

/// What is published, in pasta's words.
fn spec(port: &Port) -> Option<String> {
    let Published { address, number } = port.published?;
    let address = address.map(|address| format!("{address}/")).unwrap_or_default();
    Some(format!("{address}{number}:{}", port.number))
}

/// Where pasta finds a namespace.
fn in_own_place(name: &str) -> String {
    let above = if Utf8Path::new(NAMESPACES).is_dir() { NAMESPACES } else { READY };
    format!("{above}/{BELOW}/{name}")
}

/// What the hidden verb does: becomes pasta, so this returns only if that fails.
///
/// # Errors
/// What the kernel does not allow.
pub fn hold_pasta(options: PastaOptions) -> Result<Infallible> {
    // The sockets that a service manager has handed on are the container's.
    close_others(None);
    // Before anything is mounted over it.
    let opened = File::open(&options.program).with_context(|| format!("opening '{}'", options.program))?;
    let is_hidden = [READY, NAMESPACES].iter().any(|place| options.program.starts_with(place));
    own_mounts(&options.directory, options.user.is_some())?;
    if let Some(id) = options.user {
        become_user(id)?;
    }
    set_parent_process_death_signal(Some(Signal::KILL)).context("asking for the end with the parent (prctl(2))")?;
    let parent = getppid().map(|parent| parent.as_raw_nonzero().get());
    ensure!(
        parent.and_then(|parent| u32::try_from(parent).ok()) == Some(options.parent),
        "the process that started it is gone"
    );
    // Nobody reads what it says later, and it may not wait for that.
    let stderr = std::io::stderr();
    let flags = rustix::fs::fcntl_getfl(&stderr).context("looking at standard error")?;
    rustix::fs::fcntl_setfl(&stderr, flags | OFlags::NONBLOCK).context("setting up standard error")?;
    let program = if is_hidden { format!("/proc/self/fd/{}", opened.as_raw_fd()) } else { options.program.to_string() };
    let mut command = Command::new(program);
    let error = command.arg0("pasta").args(&options.args).env_clear().current_dir("/").exec();
    bail!("starting '{}': {error}", options.program)
}

/// Shows pasta what it needs where it may look for it.
fn own_mounts(directory: &Utf8Path, is_root: bool) -> Result<()> {
    // What is unsafe about it, are tables of open files, and these stay shared.
    #[allow(deprecated)]
    rustix::thread::unshare(UnshareFlags::NEWNS).context("making a mount namespace (unshare(2))")?;
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount::mount_change("/", flags).context("keeping mounts from the run")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let in_own_place = |name: &str| Utf8PathBuf::from(in_own_place(name));
    // They are found by descriptors when they are hidden.
    let open = |name: &str| {
        let path = directory.join(name);
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, path.as_std_path(), flags, Mode::empty()).with_context(|| format!("opening '{path}'"))
    };
    let places = [
        (Some(Namespaces::NETWORK), in_own_place(Namespaces::NETWORK)),
        (is_root.then_some(Namespaces::USER), in_own_place(Namespaces::USER)),
        (Some(FIFO), Utf8Path::new(READY).join(FIFO)),
    ];
    let places = places.into_iter().filter_map(|(name, place)| Some((name?, place)));
    let opened = places.map(|(name, place)| Ok((open(name)?, place))).collect::<Result<Vec<_>>>()?;
    for place in [READY, NAMESPACES] {
        if Utf8Path::new(place).is_dir() {
            mount::mount("tmpfs", place, "tmpfs", flags, Some(c"mode=0755"))
                .with_context(|| format!("mounting a tmpfs on '{place}'"))?;
        }
    }
    for (file, place) in opened {
        place.parent().map_or(Ok(()), fs::create_dir_all).with_context(|| format!("making '{place}'"))?;
        File::create(&place).with_context(|| format!("making '{place}'"))?;
        let source = format!("/proc/self/fd/{}", file.as_raw_fd());
        mount::mount_bind(source, place.as_std_path()).with_context(|| format!("mounting '{place}'"))?;
    }
    if is_root { own_device() } else { Ok(()) }
}

/// Makes a device that anybody may open who sees it, unless the host's is one.
fn own_device() -> Result<()> {
    if fs::metadata(TUN).is_ok_and(|tun| tun.mode() & 0o006 == 0o006) {
        return Ok(());
    }
    let tun = Utf8Path::new(TUN);
    let place = tun.parent().unwrap_or(tun);
    ensure!(place.is_dir(), "there is no '{place}' on this host; 'modprobe tun' makes it");
    let making = || format!("making '{TUN}'");
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount::mount("tmpfs", place.as_std_path(), "tmpfs", flags, Some(c"mode=0755")).with_context(making)?;
    let (major, minor) = TUN_DEVICE;
    mknodat(CWD, TUN, FileType::CharacterDevice, Mode::empty(), makedev(major, minor)).with_context(making)?;
    fs::set_permissions(TUN, fs::Permissions::from_mode(0o666)).with_context(making)
}

/// Makes root of the host an ordinary user who may listen on any port, and no more. This process has one thread.
fn become_user(id: u32) -> Result<()> {
    let becoming = || format!("becoming user {id}");
    let bind = CapabilitySet::NET_BIND_SERVICE;
    for capability in CapabilitySet::all().iter().filter(|capability| *capability != bind) {
        // The kernel may be older than the capability.
        let _ = thread::remove_capability_from_bounding_set(capability);
    }
    thread::set_keep_capabilities(true).with_context(becoming)?;
    thread::set_thread_groups(&[]).with_context(becoming)?;
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    thread::set_thread_res_gid(gid, gid, gid).with_context(becoming)?;
    thread::set_thread_res_uid(uid, uid, uid).with_context(becoming)?;
    let sets = CapabilitySets { effective: bind, permitted: bind, inheritable: bind };
    thread::set_capabilities(None, sets).with_context(becoming)?;
    thread::configure_capability_in_ambient_set(bind, true).with_context(becoming)
}

#[cfg(test)]
mod tests;
