# The sources of all dependencies; the checksums in Cargo.lock vouch for them.
. "$environment"

make_stub
use_registry
cargo vendor --locked --versioned-dirs "$out" >/dev/null
