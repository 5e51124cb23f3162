//! pasta(1), which connects a network namespace with the host as an ordinary program would.
//!
//! A process of this program becomes it ([`super::held_pasta`]).

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::fs::chown;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use oci_bundle_builder::plan::definition::port::{Port, Protocol, Published};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::io::Errno;

use super::addresses::{
    CONTAINER_V4, CONTAINER_V6, GATEWAY_V4, GATEWAY_V6, HostAddresses, NETMASK, RESOLVER_V4, RESOLVER_V6,
};
use super::connected::Connected;
use super::held_pasta::{FIFO, HOLD_PASTA, READY, TUN, in_own_place};
use super::namespaces::Namespaces;
use crate::runner::files::{SearchPath, find_executable};
use crate::runner::privilege::Privilege;
use crate::runner::supervision::Helper;

/// What its interface in the container is called.
const INTERFACE: &str = "eth0";

/// How long pasta may take. It takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

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
        let Some(published) = port.published else { continue };
        let Err(error) = bind(port.protocol, published) else { continue };
        let number = published.number;
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

/// Takes a port of the host for a moment.
fn bind(protocol: Protocol, Published { address, number }: Published) -> io::Result<()> {
    let bind = |address: IpAddr| {
        let address = SocketAddr::new(address, number);
        match protocol {
            Protocol::Udp => UdpSocket::bind(address).map(drop),
            _ => TcpListener::bind(address).map(drop),
        }
    };
    match address {
        Some(address) => bind(address),
        // This one is of both versions, unless there is but one.
        None => match bind(Ipv6Addr::UNSPECIFIED.into()) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::AFNOSUPPORT) => {
                bind(Ipv4Addr::UNSPECIFIED.into())
            }
            bound => bound,
        },
    }
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
pub fn start(program: &Utf8Path, namespaces: &Namespaces<'_>, ports: &[Port], connected: Connected) -> Result<Helper> {
    let ready = namespaces.directory.join(FIFO);
    let making = || format!("making '{ready}'");
    mknodat(CWD, ready.as_std_path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).with_context(making)?;
    if let Some(id) = namespaces.owner {
        chown(&ready, Some(id), Some(id)).with_context(making)?;
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let ready = File::from(rustix::fs::openat(CWD, ready.as_std_path(), flags, Mode::empty()).with_context(making)?);
    let mut command = Command::new("/proc/self/exe");
    command.arg(HOLD_PASTA).args(["--parent", &std::process::id().to_string(), "--directory"]);
    command.arg(namespaces.directory);
    if let Some(id) = namespaces.owner {
        command.args(["--user", &id.to_string()]);
    }
    command.arg(program).arg("--").args(arguments(namespaces, ports, connected));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // What is typed at a terminal is for the container.
    let child = command.process_group(0).spawn().context("starting pasta")?;
    let mut pasta = Helper { name: "pasta", child };
    wait_until(&mut pasta.child, ready, ports)?;
    namespaces.keep_loopback_from(INTERFACE)?;
    Ok(pasta)
}

/// Waits until pasta says its number, or that it cannot.
fn wait_until(pasta: &mut Child, mut ready: File, ports: &[Port]) -> Result<()> {
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
    // Somebody may have taken one since they were found free.
    check_ports(ports)?;
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
    // They have given up the right to before they do.
    if last.contains("Couldn't listen on requested ports") {
        return format!(
            "pasta: {last}; versions of 2026 take no port below 1024, for root either: publish a higher one, such as --publish \
             8080:80, or lower the setting net.ipv4.ip_unprivileged_port_start of the host"
        );
    }
    if let Some(own) = last.strip_prefix("oci-bundle: ") {
        return format!("starting pasta: {own}");
    }
    format!("pasta: {last}")
}

/// Only options that versions from 2023 to 2026 have.
fn arguments(namespaces: &Namespaces<'_>, ports: &[Port], connected: Connected) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(|word| (*word).to_owned()));
    add(&["--foreground", "--quiet", "--config-net", "--ns-ifname", INTERFACE]);
    // The container's network is configured. Who would ask for more is not its own program.
    add(&["--no-dhcp", "--no-dhcpv6", "--no-ra"]);
    // Nothing of the container is the loopback of the host, nor the other way round.
    add(&["--no-map-gw", "--tcp-ns", "none", "--udp-ns", "none"]);
    // Versions of 2026 make both where the host has one.
    let Connected { host, is_v4_alone, servers } = connected;
    let only = match (host.v4, host.v6) {
        _ if is_v4_alone => Some("--ipv4-only"),
        (Some(_), None) => Some("--ipv4-only"),
        (None, Some(_)) => Some("--ipv6-only"),
        _ => None,
    };
    if let Some(only) = only {
        add(&[only]);
    }
    for (address, gateway, resolver, other) in [
        (
            IpAddr::from(CONTAINER_V4),
            IpAddr::from(GATEWAY_V4),
            servers.v4.map(|_| IpAddr::from(RESOLVER_V4)),
            "--ipv6-only",
        ),
        (CONTAINER_V6.into(), GATEWAY_V6.into(), servers.v6.map(|_| RESOLVER_V6.into()), "--ipv4-only"),
    ] {
        if only == Some(other) {
            continue;
        }
        let [address, gateway] = [address, gateway].map(|address| address.to_string());
        add(&["--address", &address, "--gateway", &gateway]);
        if let Some(resolver) = resolver {
            add(&["--dns-forward", &resolver.to_string()]);
        }
    }
    if only != Some("--ipv6-only") {
        add(&["--netmask", NETMASK]);
    }
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
    match namespaces.owner {
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

#[cfg(test)]
mod tests;
