/**
  The programs that hand on an image, or an index of images. They call the program that has made the recipe, which makes the same
  bytes.

  # Type
  AttrSet -> { name, recipe } -> AttrSet
*/
setting:
let
  inherit (import ./message.nix) argumentError;
  derive = import ./derive.nix setting;
  program = import ./program.nix;
in
{ name, recipe }:
let
  wrapper =
    suffix: verb: options: description:
    let
      command = "${suffix}-${name}";
    in
    derive "oci-bundle-image" [ ] {
      name = command;
      args = [
        "write-wrapper"
        command
        "--"
        "${setting.build.oci-bundle-image}/bin/oci-bundle-image"
        verb
      ]
      ++ options
      ++ [ recipe ];
    }
    // {
      meta = {
        inherit description;
        mainProgram = command;
      };
    };
  copier = wrapper "copy" "copy" [
    "--skopeo"
    (program "pkgs.skopeo" (
      setting.host.skopeo
        or (argumentError "image" "the package set has no skopeo, which copies images; add one")
    ))
  ];
  loader =
    engine:
    wrapper "load" "load" [
      "--into"
      engine
    ] "Loads the OCI image ${name} into ${engine}";
in
{
  # nix run .#container.image.copyTo -- DESTINATION
  copyTo = copier "Copies the OCI image ${name} to any destination of skopeo";
  copyToRegistry = copier "Copies the OCI image ${name} to its registry";
  copyToPodman = loader "podman";
  copyToDockerDaemon = loader "docker";
  copyToContainerd = loader "containerd";
}
