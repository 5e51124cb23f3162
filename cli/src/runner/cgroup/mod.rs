//! Cgroups: which versions a host has, which cgroup is delegated to the caller, and what a runtime sees of them.

mod controllers;
mod delegated;
mod grace_period;
mod host_root;
mod mode;
mod mount_point;
mod view;

pub use self::controllers::{available_controllers, required_controllers};
pub use self::delegated::DelegatedCgroup;
pub use self::grace_period::GracePeriod;
pub use self::mode::CgroupMode;
pub use self::view::CgroupView;
