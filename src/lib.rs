//! Builds OCI runtime bundles from Nix closures.
//!
//! Nix runs `oci-bundle-builder build` as the builder of the derivation that `buildContainer` makes. The work is four steps:
//!
//! 1. **decode** ([`nix`], [`container`]): the derivation's structured attributes become values that cannot be wrong:
//!    a [`nix::closure::Closure`] is complete, a [`container::mount::Destination`] is absolute.
//! 2. **plan** ([`config`], [`rootfs`]): from those, the document `config.json` and everything that goes into `rootfs`.
//! 3. **check** ([`program`]): whether the program will start in there.
//! 4. **write** ([`bundle`]): both, under the derivation's output path. Nothing is written before.
//!
//! Terms are those of the [OCI runtime specification](https://github.com/opencontainers/runtime-spec) and of the
//! [Nix manual](https://nix.dev/manual/nix/latest/).

pub mod bundle;
pub mod plan;
