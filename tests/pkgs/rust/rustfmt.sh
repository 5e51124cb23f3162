# A copy of the machine's rustfmt that runs in the sandbox, on store paths alone.
. "$environment"

mkdir -p "$out/bin" "$out/lib"
cp "$rust/bin/rustfmt" "$out/bin"
# The compiler that it is a part of; -L, as one of them may be a link.
cp -L "$rust"/lib/librustc_driver-*.so "$rust"/lib/libLLVM*.so.* "$out/lib"
chmod -R u+w "$out"

patchelf --set-interpreter "$glibc/lib/$loader" "$out/bin/rustfmt"
rpath=$out/lib:$glibc/lib
for library in $libraries; do
  rpath=$rpath:$library/lib
done
for file in "$out/bin/rustfmt" "$out"/lib/*; do
  patchelf --set-rpath "$rpath" "$file"
done

"$glibc/lib/$loader" --inhibit-cache --list "$out/bin/rustfmt" >listed
if grep -F '=>' listed | grep -vF "=> $NIX_STORE/"; then
  fail "these libraries are not found in $NIX_STORE"
fi
"$out/bin/rustfmt" --version
