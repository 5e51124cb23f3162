//! A process with a user namespace and a network namespace of its own, as a container's is.

use std::fs;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Pid;

use crate::testing::network::Network;
use crate::testing::network::namespace::Namespace;

/// Where all listen.
const PORT: u16 = 8080;

/// How long somebody may take who can be reached: when a cable is plugged in again, the kernel asks once a second where it leads.
pub const MOST_FOR_ANSWER: Duration = Duration::from_secs(10);

/// After which time nobody is there, though asked twice: the kernel does that after a second (tcp(7)).
const LEAST_FOR_LOSS: Duration = Duration::from_millis(1500);

/// It listens, on all its addresses.
pub struct Node {
    pub number: usize,
    process: Child,
    listener: TcpListener,
    datagrams: UdpSocket,
}

impl Node {
    pub fn start(number: usize) -> Self {
        // It ends with its input, so with this process.
        let mut process = Command::new("unshare")
            .args(["--user", "--map-root-user", "--net", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // What comes back was there already.
        process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        process.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let (listener, datagrams) = within(&namespace(&process), || {
            let datagrams = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).unwrap();
            (listen(Ipv4Addr::UNSPECIFIED), datagrams)
        });
        Self { number, process, listener, datagrams }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    pub fn namespace(&self) -> Namespace {
        namespace(&self.process)
    }

    pub fn address(&self) -> Ipv4Addr {
        Network::address(self.number)
    }

    /// Somebody who has connected.
    pub fn accept(&self) -> TcpStream {
        let stream = self.listener.accept().unwrap().0;
        stream.set_read_timeout(Some(LEAST_FOR_LOSS)).unwrap();
        stream
    }

    /// Connects from there.
    pub fn reach(&self, address: Ipv4Addr) -> Result<TcpStream, Error> {
        within(&self.namespace(), || reach(address))
    }

    /// Whether what it sends to an address is lost.
    pub fn loses(&self, address: Ipv4Addr) -> bool {
        within(&self.namespace(), || loses(address))
    }

    /// Whether a datagram arrives. That takes no answer, so it shows a cut of one direction, which no connection does.
    pub fn tells(&self, other: &Self) -> bool {
        other.datagrams.set_read_timeout(Some(LEAST_FOR_LOSS)).unwrap();
        self.datagrams.send_to(b"x", (other.address(), PORT)).unwrap();
        other.datagrams.recv(&mut [0]).is_ok()
    }

    /// A file of /proc, as it is in there.
    pub fn read(&self, file: &str) -> String {
        within(&self.namespace(), || fs::read_to_string(file).unwrap())
    }

    /// All devices.
    pub fn devices(&self) -> Vec<String> {
        let table = self.read("/proc/thread-self/net/dev");
        table.lines().skip(2).filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect()
    }

    /// The devices that have an address of IPv6.
    pub fn devices_with_ipv6(&self) -> Vec<String> {
        // A kernel without IPv6 has no such file.
        let table = within(&self.namespace(), || fs::read_to_string("/proc/thread-self/net/if_inet6"));
        table.unwrap_or_default().lines().filter_map(|line| Some(line.split_whitespace().last()?.to_owned())).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// Connects from where this thread is.
pub fn reach(address: Ipv4Addr) -> Result<TcpStream, Error> {
    TcpStream::connect_timeout(&SocketAddr::from((address, PORT)), MOST_FOR_ANSWER)
}

/// Whether nobody answers there, not even with a refusal.
pub fn loses(address: Ipv4Addr) -> bool {
    let reached = TcpStream::connect_timeout(&SocketAddr::from((address, PORT)), LEAST_FOR_LOSS);
    reached.is_err_and(|error| error.kind() == ErrorKind::TimedOut)
}

/// Listens where this thread is.
pub fn listen(address: Ipv4Addr) -> TcpListener {
    TcpListener::bind((address, PORT)).unwrap()
}

fn namespace(process: &Child) -> Namespace {
    Namespace::new(Pid::from_child(process)).unwrap()
}

fn within<T: Send>(namespace: &Namespace, act: impl FnOnce() -> T + Send) -> T {
    let mut done = None;
    namespace
        .enter(|_| {
            done = Some(act());
            Ok(())
        })
        .unwrap();
    done.unwrap()
}
