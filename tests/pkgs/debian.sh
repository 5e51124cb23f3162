# Builds the store path of Debian packages; debian.nix tells what the variables
# mean. Written for dash, which is the /bin/sh of Debian.

# shellcheck disable=SC2154  # out, packages, … come from the derivation

fail() {
  echo "error: $name: $*" >&2
  exit 1
}

command -v patchelf >/dev/null || fail "patchelf is missing: run \`make setup\`"

# --- Download and unpack: nothing gets installed, no maintainer script runs ---

mkdir root
# Root downloads itself: the user _apt could not write here.
# shellcheck disable=SC2086  # a list
apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download $packages ||
  fail "apt cannot download $packages (Debian 12 is expected; is \`apt-get update\` due?)"
for deb in *.deb; do
  # Without setuid bits, which Nix lets no build make.
  dpkg-deb --fsys-tarfile "$deb" | tar -x --no-same-permissions -C root
done

# --- The layout of a store path: bin, lib, etc and share -----------------------

# Where a path of the Debian system, written without leading slash, lies in $out.
place() {
  case $1 in
    usr/bin/* | usr/sbin/* | bin/* | sbin/*) echo "$out/bin/${1#*bin/}" ;;
    usr/lib/"$multiarch"/* | lib/"$multiarch"/*) echo "$out/lib/${1#*lib/"$multiarch"/}" ;;
    usr/lib/* | lib/*) echo "$out/lib/${1#*lib/}" ;;
    etc/* | usr/share/*) echo "$out/${1#usr/}" ;;
  esac
}

# /usr/bin/x may be a link to /usr/sbin/x or the like; both become $out/bin/x.
for link in root/usr/bin/* root/usr/sbin/* root/bin/* root/sbin/*; do
  case $(readlink "$link") in *bin/"${link##*/}") rm "$link" ;; esac
done

mkdir "$out"
for folder in usr/bin usr/sbin bin sbin "usr/lib/$multiarch" "lib/$multiarch" usr/lib lib etc usr/share; do
  [ -d "root/$folder" ] || continue
  target=$(place "$folder/")
  mkdir -p "$target"
  cp -a "root/$folder/." "$target"
  # So that lib does not bring lib/<multiarch> along once more.
  rm -r "root/$folder"
done

for kind in bash-completion bug doc info initramfs-tools lintian locale man zsh; do
  rm -rf "$out/share/$kind"
done
# gconv: glibc would look for its character sets in /usr/lib only.
rm -rf "$out/lib/gconv" "$out/etc/ld.so.conf.d"
find "$out" -name '*.a' -delete

# Links within $out stay; links to where a file was in Debian get a new target;
# links to what is not in these packages go.
find "$out" -type l | while read -r link; do
  case $(realpath "$link" 2>/dev/null) in "$out"/*) continue ;; esac
  target=$(place "$(readlink "$link" | sed -E 's,^/?(\.\./)*,,')")
  if [ -n "$target" ] && { [ -e "$target" ] || [ -L "$target" ]; }; then
    ln -sfnr "$target" "$link"
  else
    rm "$link"
  fi
done

cd "$out"
eval "$finish"
find "$out" -mindepth 1 -depth -type d -empty -delete
cd "$NIX_BUILD_TOP"

# --- Scripts: interpreters from the store ---------------------------------------

find "$out" -type f -perm /111 | while read -r script; do
  [ "$(head -c2 "$script" | tr -d '\0')" = '#!' ] || continue
  line=$(head -n1 "$script")
  # shellcheck disable=SC2086  # the words of the line
  set -- ${line#??}
  [ "${1##*/}" != env ] || shift
  wanted=${1##*/}
  shift
  found=
  # The package itself first: bash and python3 have scripts of their own.
  for package in $out $interpreters; do
    if [ -z "$found" ] && [ -e "$package/bin/$wanted" ]; then
      found=$package/bin/$wanted
    fi
  done
  [ -n "$found" ] || fail "no package in \`interpreters\` has $wanted, the interpreter of $script"
  sed -i "1s,.*,#!$found${*:+ $*}," "$script"
done

# --- Programs and libraries: the loader and libraries from the store ------------

glibc=${glibc:-$out}
folders="$out/lib $glibc/lib"
for library in $libraries; do
  folders="$folders $library/lib"
done

# The dynamically linked files; static ones have nothing to patch.
find "$out" -type f \( -perm /111 -o -name '*.so*' \) | sort | while read -r file; do
  [ "$(head -c4 "$file" | tr -d '\0')" = "$(printf '\177ELF')" ] || continue
  readelf --dynamic "$file" | grep -q NEEDED || continue
  # The loader and the C library are what all else rests on: left alone.
  case $file in "$out/lib/$loader" | "$out/lib/libc.so.6") continue ;; esac
  echo "$file"
done >elf-files

: >missing
: >used
while read -r file; do
  rpath=
  for needed in $(patchelf --print-needed "$file"); do
    # The loader is in memory before it looks for anything.
    [ "$needed" != "$loader" ] || continue
    found=
    for folder in $folders; do
      if [ -e "$folder/$needed" ]; then
        found=$folder
        break
      fi
    done
    if [ -z "$found" ]; then
      echo "  $needed, for $file" >>missing
      continue
    fi
    echo "$found" >>used
    # Only folders in use: every other one would be a reference too many.
    case :$rpath: in *":$found:"*) ;; *) rpath=${rpath:+$rpath:}$found ;; esac
  done
  [ -z "$rpath" ] || patchelf --set-rpath "$rpath" "$file"
  if patchelf --print-interpreter "$file" >interpreter 2>/dev/null; then
    patchelf --set-interpreter "$glibc/lib/$loader" "$file"
  fi
done <elf-files
[ ! -s missing ] || fail "\`libraries\` lacks packages with:
$(cat missing)"
for library in $libraries; do
  grep -qx "$library/lib" used || fail "nothing uses $library: remove it from \`libraries\`"
done

# --- Verify: the loader itself finds everything, and in the store only ----------

while read -r file; do
  "$glibc/lib/$loader" --inhibit-cache --list "$file" >listed || fail "the loader refuses $file"
  # Lines are `name => path (address)`; the kernel's vdso has no path.
  if grep -F '=>' listed | grep -vF "=> $NIX_STORE/"; then
    fail "these libraries of $file are not found in $NIX_STORE"
  fi
done <elf-files
