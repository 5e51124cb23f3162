//! Builds OCI runtime bundles from Nix closures.
//!
//! Nix runs `oci-bundle-builder build` as the builder of the derivation that `buildContainer` makes. The work is four steps:
//!
//! 1. **decode** ([`plan::derivation`], [`plan::definition`]): the derivation's structured attributes become values that cannot
//!    be invalid: a [`plan::derivation::closure::Closure`] is complete, a [`plan::definition::mount::Destination`] is absolute.
//! 2. **plan** ([`plan::runtime_config`], [`plan::rootfs`]): these become `config.json` and everything that goes into `rootfs`.
//! 3. **check** ([`plan::preflight`]): whether the program will start in there.
//! 4. **write** ([`bundle`]): the [`plan::ContainerPlan`], under the derivation's output path. Nothing is written before.
//!
//! Terms are those of the [OCI runtime specification](https://github.com/opencontainers/runtime-spec) and of the
//! [Nix manual](https://nix.dev/manual/nix/latest/).

pub mod attrs_options;
pub mod bundle;
pub mod plan;
