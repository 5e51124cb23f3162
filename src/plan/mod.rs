//! What a container will be: from the arguments and the closure to a [`ContainerPlan`], before anything is written.

pub mod attributes_by_place;
pub mod capability;
mod container_plan;
pub mod definition;
pub mod derivation;
pub mod diagnostics;
pub mod file;
pub mod file_attributes;
pub mod mounts;
pub mod preflight;
pub mod process_context;
pub mod resolve;
pub mod rootfs;
pub mod runtime_config;
pub mod unseen;

pub use self::container_plan::ContainerPlan;
