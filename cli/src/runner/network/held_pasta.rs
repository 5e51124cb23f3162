//! The process that becomes pasta: it asks to be killed with its parent, gives pasta a mount namespace in which the files are that it
//! needs, and takes away what it does not.

use std::convert::Infallible;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, mknodat};
use rustix::mount::{self, MountFlags, MountPropagationFlags};
use rustix::process::{Gid, Signal, Uid, getppid, set_parent_process_death_signal};
use rustix::thread::{self, CapabilitySet, CapabilitySets, UnshareFlags};

use super::namespaces::Namespaces;
use super::resolver::RESOLV_CONF;
use crate::runner::descriptors::close_others;

/// The hidden verb that becomes pasta.
pub const HOLD_PASTA: &str = "hold-pasta";

/// The device of networks that are a program's.
pub const TUN: &str = "/dev/net/tun";
/// Its numbers (Linux, `admin-guide/devices.txt`).
pub const TUN_DEVICE: (u32, u32) = (10, 200);

/// Where pasta finds the namespaces, in a mount namespace of its own. Debian confines it by `AppArmor`, and lets it read there.
pub const NAMESPACES: &str = "/run/user";
/// The directory in there.
pub const BELOW: &str = "0/netns";
/// Where pasta finds the file in which it says that it is ready, for the same reason.
pub const READY: &str = "/tmp";
/// That file.
pub const FIFO: &str = "ready";

/// The resolv.conf(5) that pasta reads: of the host's, it might not find what this program has found.
pub const SERVERS: &str = "servers";

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

/// Where pasta finds a namespace.
pub fn in_own_place(name: &str) -> String {
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
    let servers = open(SERVERS)?;
    // Without any, pasta is asked for none.
    let servers =
        (rustix::fs::fstat(&servers).context("looking at the servers for names")?.st_size > 0).then_some(servers);
    for place in [READY, NAMESPACES] {
        if Utf8Path::new(place).is_dir() {
            mount::mount("tmpfs", place, "tmpfs", flags, Some(c"mode=0755"))
                .with_context(|| format!("mounting a tmpfs on '{place}'"))?;
        }
    }
    if let Some(servers) = servers {
        let source = format!("/proc/self/fd/{}", servers.as_raw_fd());
        mount::mount_bind(source, RESOLV_CONF).with_context(|| format!("mounting '{RESOLV_CONF}' for pasta"))?;
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
