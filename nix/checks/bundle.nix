/**
  Compares a bundle with its expected content, byte by byte.

  # Inputs
  `bundle`
  : The output of buildContainer.

  `roots`
  : The store paths whose closure has to be in rootfs, identical to the store's.

  `config`
  : `args`, `hostname` and the `mounts` beside the defaults.

  `directories`
  : The directories in rootfs besides the store and those of every container.
*/
{ pkgs }:
{
  bundle,
  roots,
  config,
  directories ? [ ],
}:
let
  mounts = import ./default-mounts.nix // (config.mounts or { });
  expectedConfig = import ./expected-config.nix {
    inherit (config) args hostname;
    mounts = map (destination: mounts.${destination} // { inherit destination; }) (
      builtins.attrNames mounts
    );
  };
  # In the format of find.
  lines = kind: map (path: "${kind} ${path}");
  expectedTree =
    lines "d" (
      [
        "."
        "dev"
        "etc"
        "nix"
        "nix/store"
        "proc"
        "root"
        "run"
        "sys"
        "tmp"
        "usr"
        "var"
        "var/empty"
        "var/tmp"
      ]
      ++ directories
    )
    ++ lines "l" [
      "etc/mtab"
      "var/run"
    ]
    ++ lines "f" (builtins.attrNames files);
  # The base files, with their content.
  files = {
    "etc/group" = "root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\n";
    "etc/hostname" = "${config.hostname}\n";
    "etc/hosts" = "127.0.0.1 localhost ${config.hostname}\n::1 localhost ${config.hostname}\n";
    "etc/nsswitch.conf" = "passwd: files\ngroup: files\nhosts: files dns\n";
    "etc/passwd" = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/var/empty:/bin/sh\n";
    "etc/resolv.conf" = "";
  };
in
pkgs.runCommand "check-bundle-${bundle.name}"
  {
    nativeBuildInputs = [
      pkgs.diffutils
      pkgs.findutils
      pkgs.jq
    ];
    expectedConfig = builtins.toJSON expectedConfig;
    expectedTree = builtins.concatStringsSep "\n" expectedTree;
    passAsFile = [
      "expectedConfig"
      "expectedTree"
    ];
    closure = pkgs.writeClosure roots;
  }
  ''
    echo "config.json"
    diff -u <(jq --sort-keys . "$expectedConfigPath") \
      <(jq --sort-keys 'del(.linux.seccomp)' ${bundle}/config.json)

    echo "the filter, which tests/builder/seccomp.rs compares with Docker's"
    jq --exit-status '.linux.seccomp | .defaultAction == "SCMP_ACT_ERRNO" and (.syscalls | length == 11)
      and (.syscalls[0].names | index("read") != null and index("keyctl") == null)' ${bundle}/config.json

    echo "rootfs, but for the store paths"
    diff -u <(LC_ALL=C sort "$expectedTreePath") \
      <(cd ${bundle}/rootfs && find . -path './nix/store/*' -prune -o -printf '%y %p\n' |
        sed 's, \./, ,' | LC_ALL=C sort)

    echo "the base files"
    ${builtins.concatStringsSep "\n" (
      map (
        name: "diff -u ${pkgs.writeText (builtins.baseNameOf name) files.${name}} ${bundle}/rootfs/${name}"
      ) (builtins.attrNames files)
    )}

    echo "the store paths"
    diff -u <(LC_ALL=C sort "$closure") \
      <(cd ${bundle}/rootfs && find nix/store -mindepth 1 -maxdepth 1 -printf '/%p\n' | LC_ALL=C sort)
    while read -r path; do
      diff --recursive --no-dereference "$path" "${bundle}/rootfs$path"
      # diff does not compare the exec bits.
      diff -u <(find "$path" -perm /1 -printf '%P\n' | LC_ALL=C sort) \
        <(find "${bundle}/rootfs$path" -perm /1 -printf '%P\n' | LC_ALL=C sort)
    done < "$closure"

    echo "nothing else"
    diff -u <(printf 'config.json\nrootfs\n') <(cd ${bundle} && find . -mindepth 1 -maxdepth 1 -printf '%f\n' | LC_ALL=C sort)
    touch $out
  ''
