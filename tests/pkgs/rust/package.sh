# Compiles the package on top of its dependencies, tests and installs it.
. "$environment"

# All files in the store have the same time. Cargo is content with it for the
# dependencies; copies without it make the package's sources the newer ones.
cp -a "$dependencies" "$CARGO_TARGET_DIR"
cp -r "$src" source
chmod -R u+w "$CARGO_TARGET_DIR" source
cd "source/$cargoRoot"
use_vendor

if [ -z "$dontCargoBuild" ]; then
  # shellcheck disable=SC2086  # lists of flags
  cargo build --frozen --target "$target" --release $cargoBuildFlags
  mkdir -p "$out/bin"
  find "$CARGO_TARGET_DIR/$target/release" -maxdepth 1 -type f -perm /111 ! -name '*.so' \
    -exec cp {} "$out/bin" \;
  if grep -rF "$NIX_BUILD_TOP" "$out"; then
    fail "the path of the build is in these programs, so no two builds are alike"
  fi
fi

if [ -n "$doCheck" ]; then
  for input in $nativeCheckInputs; do
    PATH=$input/bin:$PATH
  done
  if [ "$checkType" = release ]; then
    set -- --release
  fi
  # shellcheck disable=SC2086
  cargo test --frozen --target "$target" "$@" $cargoTestFlags
fi
if [ -n "$dontCargoBuild" ]; then
  touch "$out"
fi
