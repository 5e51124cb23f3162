# Links to the programs of the machine's toolchain.
. "$environment"

mkdir -p "$out/bin"
for program in "$rust"/bin/*; do
  ln -s "$program" "$out/bin/"
done
