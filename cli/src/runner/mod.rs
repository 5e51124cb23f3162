//! `oci-bundle run`: starts a bundle of the store, for any user, and leaves nothing behind.
//!
//! A bundle in the store is read-only, and a runtime wants to write beside it. So this process gets a mount namespace of its
//! own, in which a tmpfs lies over the bundle. That tmpfs holds the config.json of this run, the runtime's state, the sources
//! of bind mounts, and the root file system, which is a read-only mount of the bundle's own, or an overlay on that. Then this
//! process starts the runtime as the first process of a pid namespace, hands on signals to it, and has its exit code. The mounts go away
//! with the last process of the namespace.
//!
//! Three steps: [`plan`] decides what the container gets and changes nothing, [`Run::prepare`] sets it up, and the [`Prepared`] run
//! becomes the runtime, or starts it and stays.

mod bundle;
mod cgroup;
mod check;
mod cwd;
mod descriptors;
mod exec;
mod file_systems;
mod files;
mod host;
mod init;
mod limits;
mod mount_namespace;
mod network;
mod null_device;
mod overrides;
mod owned_files;
mod plan;
mod privilege;
mod review;
mod rootless;
mod run_settings;
mod runtime;
mod runtime_config;
mod seccomp;
mod signal;
mod start;
mod state_dir;
mod supervision;
mod volumes;

pub use self::bundle::Bundle;
pub use self::cgroup::{CgroupView, GracePeriod};
pub use self::check::{CHECK_HEALTH, Check, check_health, kill_checked, words_of_check};
pub use self::descriptors::{close_others, ensure_no_directory, handed_over};
pub use self::exec::{InRuntime, Runner, Running, parent_in};
pub use self::files::{MountPoints, SearchPath, Trust};
pub use self::host::{Host, container_id};
pub use self::init::{InitOption, words_of_init};
pub use self::mount_namespace::mount_store;
pub use self::network::{
    HOLD_NETWORK, HOLD_PASTA, NetworkMode, NetworkOptions, PastaOptions, UserNetwork, hold_network, hold_pasta,
};
pub use self::null_device::open_null;
pub use self::overrides::{
    CreatedHook, KeepId, Lookup, Overrides, Terminal, TmpfsSize, UserOption, Variable, Volume, VolumeOption,
    parse_env_file, read_env_file,
};
pub use self::plan::{Plan, Planned, Run, plan};
pub use self::privilege::{Privilege, detect as detect_privilege};
pub use self::review::notes;
pub use self::rootless::{SubordinateIds, explain, hold_user_namespace, map_caller_to_root};
pub use self::run_settings::run_settings;
pub use self::signal::parse as parse_signal;
pub use self::supervision::{
    Attendant, Helper, Prepared, RELAY_STREAM, Relays, RuntimeProcess, Signals, Streams, attend, end_of_input,
    exit_code, relay_stream,
};
pub use self::volumes::{ListedVolume, MissingVolume, StateHome, VolumesDir, remove as remove_volumes};
