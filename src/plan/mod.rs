//! What a container will be: from the arguments and the closure to a [`ContainerPlan`], before anything is written.

mod container_plan;
pub mod definition;
pub mod derivation;
pub mod diagnostics;
pub mod file;
pub mod mounts;
pub mod preflight;
pub mod process_context;
pub mod resolve;
pub mod rootfs;
pub mod runtime_config;

pub use self::container_plan::ContainerPlan;
