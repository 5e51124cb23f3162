/**
  The image: its recipe, and the forms that it takes.

  The recipe names the closure, so Nix keeps that for as long as the recipe. The bytes of layers are made from it when somebody wants
  them, by the program that has made the recipe.
*/
setting:
let
  inherit (builtins) compareVersions intersectAttrs nixVersion;
  inherit (import ../internal/message.nix) argumentError;
  derive = import ../internal/derive.nix setting;
  program = import ../internal/program.nix;

  # As for bundles (bundle.nix).
  canDiscard = compareVersions nixVersion "2.14" < 0 || compareVersions nixVersion "2.16" >= 0;

  # What only an image uses.
  ofImages = {
    image = null;
    ports = null;
    stopSignal = null;
    volumes = null;
  };
in
{
  name,
  arguments,
  closure,
  ...
}:
let
  recipe = derive "oci-bundle-image" closure {
    name = "${name}-image";
    inherit (setting) hostSystem;
    args = [ "build" ];
    __structuredAttrs = true;
    containerName = name;
    container = removeAttrs arguments (builtins.attrNames ofImages ++ [ "name" ]);
    image = intersectAttrs ofImages arguments;
  };

  # A program that hands the image on. It calls the program that has made the recipe, which makes the same bytes.
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
      ++ [ "${recipe}" ];
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

  # Another form of the image, with all its bytes.
  form =
    form: description:
    derive "oci-bundle-image" [ ] {
      name = "${name}-${form}";
      args = [ "build-form" ];
      recipe = "${recipe}";
      inherit form;
      # It has the bytes of the store paths, and needs them no more.
      __structuredAttrs = true;
      ${if canDiscard then "unsafeDiscardReferences" else null}.out = true;
    }
    // {
      meta = { inherit description; };
    };
in
recipe
// {
  meta.description = "OCI image of ${name}, without the bytes of its layers";

  # An image layout (image-spec, image-layout.md).
  layout = form "layout" "OCI image layout of ${name}";

  # One archive that docker, podman, ctr and skopeo load.
  archive = form "archive" "Archive of the OCI image of ${name}";

  # nix run .#container.image.copyTo -- DESTINATION
  copyTo = copier "Copies the OCI image ${name} to any destination of skopeo";
  copyToRegistry = copier "Copies the OCI image ${name} to its registry";
  copyToPodman = loader "podman";
  copyToDockerDaemon = loader "docker";
  copyToContainerd = loader "containerd";
}
