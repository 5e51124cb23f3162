# The compiled dependencies of the release build and, with checkType, of the
# tests: cargo's target folder, without anything of the package itself.
. "$environment"

mkdir source
cd source
make_stub
use_vendor
if [ -n "${checkType:-}" ]; then
  cp -a "$dependencies" "$CARGO_TARGET_DIR"
  chmod -R u+w "$CARGO_TARGET_DIR"
  if [ "$checkType" = release ]; then
    cargo test --frozen --target "$target" --no-run --release
  else
    cargo test --frozen --target "$target" --no-run
  fi
else
  cargo build --frozen --target "$target" --release
fi

for package in $(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml ${topManifest:+../Cargo.toml}); do
  # The one above need not be a dependency.
  grep -q "^name = \"$package\"$" Cargo.lock || continue
  for profile in release dev; do
    cargo clean --frozen --target "$target" --package "$package" --profile "$profile"
  done
done
find "$CARGO_TARGET_DIR" -type d -name incremental -prune -exec rm -r {} +
rm -f "$CARGO_TARGET_DIR/.rustc_info.json"
mv "$CARGO_TARGET_DIR" "$out"
