# Installs the program of a crate from the registry.
. "$environment"

use_registry
cargo install --locked --target "$target" --root "$NIX_BUILD_TOP/root" --version "$version" "$crate"
mkdir -p "$out/bin"
cp "root/bin/$program" "$out/bin/"
