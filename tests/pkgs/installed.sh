# Copies a program of the machine and all libraries that it uses into one store path. Written for dash.

# shellcheck disable=SC2154  # name and out come from the derivation

fail() {
  echo "error: $name: $*" >&2
  exit 1
}

program=$(command -v "$name") || fail "it is not installed: run \`make setup\`"
mkdir -p "$out/bin" "$out/lib"
cp --dereference "$program" "$out/bin/$name"
loader=$(patchelf --print-interpreter "$program")
cp --dereference "$loader" "$out/lib"
# Lines are `name => path (address)`.
ldd "$program" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | while read -r library; do
  cp --dereference "$library" "$out/lib"
done

# The loader and the C library are what all else rests on: left alone.
for file in "$out/bin/$name" "$out"/lib/*; do
  case ${file##*/} in
    ld-linux* | libc.so.6) ;;
    *) patchelf --set-rpath "$out/lib" "$file" ;;
  esac
done
patchelf --set-interpreter "$out/lib/${loader##*/}" "$out/bin/$name"

"$out/lib/${loader##*/}" --inhibit-cache --list "$out/bin/$name" >listed || fail "the loader refuses it"
if grep -F '=>' listed | grep -vF "=> $out/"; then
  fail "these libraries are not found in $out"
fi
