/**
  Whether a container that has a copy of its closure needs store paths of the host all the same: those that stand where
  the runtime looks outside the root filesystem.

  The process and the hook `startContainer` run inside. A bind mount's source is taken from the copy. Everything else in
  `config`, and in `mounts`, is the host's: the other hooks, options, images.

  # Type
  hostReferences :: AttrSet -> Bool
*/
container:
let
  inherit (builtins)
    elem
    isAttrs
    isList
    mapAttrs
    toJSON
    ;

  inherit (import ./text.nix) standsForText;
  # What stands for text is for the builder to refuse.
  attributes = value: if isAttrs value && !standsForText value then value else { };

  isBind =
    mount:
    elem (mount.type or "bind") [
      null
      "bind"
    ]
    || elem "bind" (options mount)
    || elem "rbind" (options mount);
  # What is no list is for the builder to refuse.
  options = mount: if isList (mount.options or null) then mount.options else [ ];
  ofMount =
    mount:
    if !isAttrs mount || standsForText mount then
      null
    else if isBind mount then
      removeAttrs mount [ "source" ]
    else
      mount;

  config = attributes (container.config or null);
  ofConfig = removeAttrs config [ "process" ] // {
    hooks = removeAttrs (attributes (config.hooks or null)) [ "startContainer" ];
  };
  mounts = attributes (container.mounts or null);
in
import ./store-paths.nix (toJSON [
  ofConfig
  (container.seccomp or null)
  (mapAttrs (_: ofMount) mounts)
]) != [ ]
