/**
  What Nix has to know about mounts and hooks before a builder runs. Only the builder knows the rest of the OCI runtime specification.
*/
let
  inherit (builtins)
    attrNames
    elem
    isAttrs
    isList
    mapAttrs
    ;
  inherit (import ./message.nix) attributeName;
  inherit (import ./text.nix) standsForText;

  # Hooks by where the runtime looks for their programs (config.md, "POSIX-platform Hooks").
  hooks = {
    host = [
      "createContainer"
      "createRuntime"
      "poststart"
      "poststop"
      "prestart"
    ];
    container = [ "startContainer" ];
  };

  # The builder refuses what is not a set, or stands for text, or is not a list.
  attributes = value: if isAttrs value && !standsForText value then value else { };
  options = mount: if isList (mount.options or null) then mount.options else [ ];

  isBind =
    mount:
    elem (mount.type or "bind") [
      null
      "bind"
    ]
    || elem "bind" (options mount)
    || elem "rbind" (options mount);
in
{
  /**
    The possible names in `config.hooks`.

    # Type
    hookNames :: [String]
  */
  hookNames = hooks.host ++ hooks.container;

  /**
    The sources of all mounts, with their attribute paths.

    # Type
    mountSources :: Any -> [{ attribute :: String; source :: Any; }]
  */
  mountSources =
    mounts:
    map (
      name:
      let
        attribute = "mounts.${attributeName name}";
        mount = mounts.${name};
      in
      if isAttrs mount && !standsForText mount then
        {
          attribute = "${attribute}.source";
          source = mount.source or null;
        }
      else
        {
          inherit attribute;
          source = mount;
        }
    ) (attrNames (attributes mounts));

  /**
    The arguments without those parts that come from a copy of the closure: the runtime looks for the rest on the host.

    The process and the container's hooks run inside, and a bind mount's source comes from the copy. Everything else in `config` and
    `mounts` is the host's: the other hooks, options, images.

    # Type
    onHost :: AttrSet -> [Any]
  */
  onHost =
    arguments:
    let
      config = attributes (arguments.config or null);
      ofMount =
        mount:
        if !isAttrs mount || standsForText mount then
          null
        else if isBind mount then
          removeAttrs mount [ "source" ]
        else
          mount;
    in
    [
      (
        removeAttrs config [ "process" ]
        // {
          hooks = removeAttrs (attributes (config.hooks or null)) hooks.container;
        }
      )
      (arguments.seccomp or null)
      (mapAttrs (_: ofMount) (attributes (arguments.mounts or null)))
    ];
}
