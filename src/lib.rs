//! Builds OCI runtime bundles from Nix closures.
//!
//! Nix runs `oci-bundle build` as the builder of the derivation that `buildContainer` makes. The work is three
//! steps, and only the first and the last touch the disk:
//!
//! 1. **decode** ([`attrs`], [`closure`], [`container`]): the derivation's structured attributes become values
//!    that cannot be wrong: a [`closure::Closure`] is complete, a [`mount::Destination`] is absolute.
//! 2. **plan** ([`config`], [`rootfs`]): from those, the document `config.json` and the layout of `rootfs`.
//! 3. **write** ([`bundle`], [`copy`]): both, under the derivation's output path.
//!
//! Terms are those of the [OCI runtime specification](https://github.com/opencontainers/runtime-spec) and of the
//! [Nix manual](https://nix.dev/manual/nix/latest/).

pub mod attrs;
pub mod bundle;
pub mod closure;
pub mod config;
pub mod container;
pub mod copy;
pub mod field;
pub mod mount;
pub mod path;
pub mod platform;
pub mod process;
pub mod rootfs;
pub mod store;
