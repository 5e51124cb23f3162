/**
  What Nix has to know of mounts and hooks before a builder runs. All else of the OCI runtime specification the builder knows.
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

  # Hooks by where their programs are looked for (config.md, "POSIX-platform Hooks").
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

  # What is no set, or stands for text, is for the builder to refuse; so is what is no list.
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
    The hooks that `config.hooks` can have.

    # Type
    hookNames :: [String]
  */
  hookNames = hooks.host ++ hooks.container;

  /**
    What is mounted, with the attribute path of each source.

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
    The arguments without what is taken from a copy of the closure: what is left, the runtime looks for on the host.

    The process and the hooks of the container run inside, and a bind mount's source is taken from the copy. Everything else in
    `config`, and in `mounts`, is the host's: the other hooks, options, images.

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
