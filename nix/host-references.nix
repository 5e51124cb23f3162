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
    mapAttrs
    toJSON
    ;

  isBind =
    mount:
    elem (mount.type or "bind") [
      null
      "bind"
    ]
    || elem "bind" (options mount)
    || elem "rbind" (options mount);
  options = mount: if (mount.options or null) == null then [ ] else mount.options;
  ofMount =
    mount:
    if !isAttrs mount || mount ? outPath then
      null
    else if isBind mount then
      removeAttrs mount [ "source" ]
    else
      mount;

  config = if (container.config or null) == null then { } else container.config;
  hooks = config.hooks or null;
  ofConfig = removeAttrs config [ "process" ] // {
    hooks = if isAttrs hooks then removeAttrs hooks [ "startContainer" ] else null;
  };
  mounts = if (container.mounts or null) == null then { } else container.mounts;
in
import ./store-paths.nix (toJSON [
  ofConfig
  (mapAttrs (_: ofMount) mounts)
]) != [ ]
