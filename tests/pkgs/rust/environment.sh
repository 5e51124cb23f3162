# For the scripts of this folder to source: the machine's Rust toolchain.

# shellcheck disable=SC2154  # vendor comes from the derivation

fail() {
  echo "error: $name: $*" >&2
  exit 1
}

# Fixed places, as the user's home is unknown here; `make setup` links them to
# the toolchain (rather than to rustup's proxies) and to cargo's home folder.
rust=/var/lib/oci-bundle/rust
cargo_home=/var/lib/oci-bundle/cargo-home
for link in "$rust" "$cargo_home"; do
  [ -d "$link/" ] || fail "$link is missing: run \`make setup\`"
done

export PATH="$rust/bin:$PATH"
for input in ${nativeBuildInputs:-}; do
  PATH=$input/bin:$PATH
done
export CARGO_TARGET_DIR="$NIX_BUILD_TOP/target"

# Cargo with the user's own settings: the registry, and what is downloaded.
use_registry() {
  export CARGO_HOME="$cargo_home"
  if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  fi
}

# Cargo with none of the user's settings, and the vendored sources only.
use_vendor() {
  export CARGO_HOME="$NIX_BUILD_TOP/cargo-home"
  mkdir "$CARGO_HOME"
  cat >"$CARGO_HOME/config.toml" <<END
[source.crates-io]
replace-with = "vendor"

[source.vendor]
directory = "$vendor"
END
}

# A package with the manifest's dependencies and no code, and one above it where there is one. The current folder is the
# package's then.
make_stub() {
  if [ -n "${topManifest:-}" ]; then
    stub_of "$topManifest"
    mkdir "$cargoRoot"
    cd "$cargoRoot"
  fi
  stub_of "$manifest"
  cp "$lock" Cargo.lock
}

# The same in the current folder, without a lock.
stub_of() {
  cp "$1" Cargo.toml
  # Besides the usual files, those that the manifest names.
  named=$(sed -nE 's/^[[:space:]]*path[[:space:]]*=[[:space:]]*"([^"]*\.rs)".*/\1/p' Cargo.toml)
  for file in src/lib.rs src/main.rs $named; do
    mkdir -p "$(dirname "$file")"
    echo 'fn main() {}' >"$file"
  done
  echo >src/lib.rs
}
