/**
  What `nix flake check` builds: the builder's tests, the format of every source, and the example containers, whose
  rootfs and config.json are compared with what they should be.
*/
{
  pkgs,
  examples,
  source,
}:
let
  format =
    pkgs.runCommand "oci-bundle-format"
      {
        nativeBuildInputs = [
          pkgs.findutils
          pkgs.nixfmt
          pkgs.rustfmt
        ];
      }
      ''
        cd ${source}
        find . -name '*.nix' -exec nixfmt --check {} +
        find . -name '*.rs' -exec rustfmt --check --config-path rustfmt.toml {} +
        touch $out
      '';

in
{
  inherit format;
  builder = pkgs.oci-bundle.override { doCheck = true; };
}
// import ./examples.nix { inherit pkgs examples; }
