{
  description = "OCI runtime bundles from Nix closures";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      overlay = import ./nix/overlay.nix;
      mkLib = import ./nix/lib/mk-lib.nix;
      forSystems =
        make:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = make nixpkgs.legacyPackages.${system};
          }) systems
        );
      forSystemsWithOverlay = make: forSystems (pkgs: make (pkgs.extend overlay));
      examplesFor = pkgs: import ./examples { inherit pkgs; };
    in
    {
      lib = forSystems mkLib // {
        inherit mkLib;
      };

      overlays.default = overlay;

      packages = forSystemsWithOverlay (
        pkgs:
        examplesFor pkgs
        // {
          inherit (pkgs) oci-bundle oci-bundle-image;
          default = pkgs.oci-bundle;
        }
      );

      checks = forSystemsWithOverlay (
        pkgs:
        import ./nix/checks {
          inherit pkgs;
          examples = examplesFor pkgs;
          source = self;
        }
      );

      devShells = forSystems (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.crun
            pkgs.nixfmt
            pkgs.runc
            pkgs.rustc
            pkgs.rustfmt
          ];
        };
      });

      formatter = forSystems (pkgs: pkgs.nixfmt-tree);

      templates = {
        default = {
          path = ./template;
          description = "A flake with an OCI container, myContainer";
        };
      }
      # Those of docs/examples.md.
      //
        builtins.mapAttrs
          (_: path: {
            inherit path;
            inherit (import (path + "/flake.nix")) description;
          })
          {
            redis = ./examples/redis;
            shell = ./examples/shell;
            web = ./examples/web;
          };
    };
}
