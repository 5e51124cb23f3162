# `make demo` builds and runs a container, `make test` runs every test; docs/testing.md describes the others. Each first installs
# what is missing, and says so.

# Nix's configuration for work without network; tests/containers uses it too.
export NIX_CONFIG := $(file < scripts/nix.conf)

# The flake with the package set of tests/pkgs instead of nixpkgs.
OFFLINE := --no-write-lock-file --override-input nixpkgs path:$(CURDIR)/tests/pkgs

# The container tests and the property tests are separate packages.
TESTS := --manifest-path tests/Cargo.toml
CONTAINERS := $(TESTS) --package oci-bundle-containers
PROPERTIES := $(TESTS) --package oci-bundle-properties

# So are the programs besides the builder, which is the root package.
CLI := --manifest-path cli/Cargo.toml
IMAGE := --manifest-path image/Cargo.toml

# So are the fuzz targets.
FUZZ := --manifest-path tests/fuzz/Cargo.toml

# And the benchmarks.
BENCHMARKS := --manifest-path benchmarks/Cargo.toml

export CARGO_TARGET_DIR := $(CURDIR)/target

# A panic names lines; what else a debugger wants takes time to compile.
export CARGO_PROFILE_DEV_DEBUG := line-tables-only

.PHONY: demo test setup lint unit properties containers check format bench bench-nix bench-build bench-seccomp bench-test bench-image bench-many bench-start hosts soak fuzz deny release test-versions

demo: setup
	@scripts/demo $(OFFLINE)

# `nix flake check` runs the tests of the crates that Nix builds.
test: setup lint properties check containers
	@echo "All tests passed."

setup:
	@scripts/setup

lint: setup
	@scripts/words
	cargo fmt --check
	cargo fmt --check $(CLI)
	cargo fmt --check $(IMAGE)
	cargo fmt --check --all $(TESTS)
	cargo fmt --check $(FUZZ)
	cargo fmt --check $(BENCHMARKS)
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --all-targets $(CLI) -- -D warnings
	cargo clippy --locked --all-targets $(IMAGE) -- -D warnings
	cargo clippy --locked --workspace --all-targets $(TESTS) -- -D warnings
	cargo clippy --locked --all-targets $(FUZZ) -- -D warnings
	cargo clippy --locked --all-targets $(BENCHMARKS) -- -D warnings

# What takes seconds while one works on a crate.
unit: setup
	cargo test --locked
	cargo test --locked $(CLI)
	cargo test --locked $(IMAGE)

properties: setup
	cargo test --locked --lib $(BENCHMARKS)
	PROPTEST_CASES=500 cargo test --locked $(PROPERTIES)
	PROPTEST_CASES=500 cargo test --locked $(FUZZ)

# Many cases of each property.
soak: setup
	PROPTEST_CASES=20000 cargo test --locked --release $(PROPERTIES)
	PROPTEST_CASES=20000 cargo test --locked --release $(FUZZ)
	PROPTEST_CASES=20000 cargo test --locked $(CONTAINERS) schema::documents

# Each target runs for ten minutes, or for FUZZ_SECONDS.
fuzz:
	@scripts/setup fuzz
	@scripts/fuzz

check: setup
	nix flake check --print-build-logs $(OFFLINE)

# A test waits most of the time, for containers and servers.
containers: setup
	cargo test --locked $(CONTAINERS) -- --test-threads=$$(($$(nproc) + 1))
	@scripts/verify-bundles

format: setup
	cargo fmt
	cargo fmt $(CLI)
	cargo fmt $(IMAGE)
	cargo fmt --all $(TESTS)
	cargo fmt $(FUZZ)
	cargo fmt $(BENCHMARKS)
	nix fmt $(OFFLINE)

# SUITES selects some of Debian's releases.
test-versions: setup
	@scripts/test-versions

deny:
	@scripts/setup deny
	@scripts/deny

release: setup
	@scripts/release

# Only tables go to standard output: `make bench >tables.md`.
hosts:
	@scripts/setup hosts >&2
	@scripts/hosts

bench bench-nix bench-build bench-seccomp bench-test bench-image bench-many bench-start:
	@scripts/setup benchmarks >&2
	@scripts/$@
