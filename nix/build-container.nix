/**
  Makes the function `buildContainer`, which turns its arguments into an OCI runtime bundle.

  It checks the arguments' shapes, finds the store paths in them and names the derivation; the builder does the rest.
  Only `builtins` are used, so any package set will do.

  # Inputs
  `oci-bundle`
  : The package of the builder, for the system that builds.

  `buildSystem`
  : The Nix system that builds, such as "x86_64-linux".

  `hostSystem`
  : The Nix system that the containers' contents are for.

  `host`
  : The packages of that system, of which `container.run` takes `oci-bundle` and `crun`.

  # Type
  { oci-bundle, buildSystem, hostSystem, host } -> AttrSet -> Derivation
*/
{
  oci-bundle,
  buildSystem,
  hostSystem ? buildSystem,
  host ? {
    inherit oci-bundle;
  },
}:
let
  inherit (builtins)
    compareVersions
    concatStringsSep
    filter
    head
    isString
    match
    nixVersion
    split
    substring
    toJSON
    unsafeDiscardStringContext
    ;
  inherit (import ./message.nix) concatIndexed;

  checked = import ./checked.nix;
  contentsOf = import ./contents.nix;
  passthruOf = import ./passthru.nix { inherit oci-bundle buildSystem host; };

  # The name of the program, without what a store path puts before it.
  nameOf =
    program:
    let
      # More than a name can have, and what is cut off does not matter.
      last = substring 0 500 (builtins.baseNameOf (unsafeDiscardStringContext (toString program)));
      storeName = match "[0-9a-df-np-sv-z]{32}-(.+)" last;
      base = if storeName == null then last else head storeName;
      # What a store path's name may hold; it may not begin with a dot.
      valid = filter isString (split "[^0-9a-zA-Z+._?=-]+" base);
      joined = concatStringsSep "-" valid;
      trimmed = match "[.-]*([^.-].*)" joined;
      name = substring 0 199 (head trimmed);
      # Nix keeps this ending for itself.
      withoutDrv = match "(.+)\\.drv" name;
    in
    if trimmed == null then
      "container"
    else if withoutDrv == null then
      name
    else
      head withoutDrv;
in
container:
let
  asked = checked container;
  given =
    # The runtime is not in the bundle, which is the same for all.
    removeAttrs asked [ "runtime" ]
    // (if asked.contents or null == null then { } else { contents = withOutputs asked.contents; });
  withOutputs = concatIndexed (
    index: package: [ (contentsOf "contents[${toString index}]" package) ]
  );
  json = toJSON given;
  name = if (given.name or null) == null then nameOf (head given.args) else given.name;
  closure = import ./store-paths.nix json;

  # A copy names its store paths, so Nix would keep the originals beside it. 2.14 and 2.15 know the attribute, and refuse
  # it unless an experimental feature is on; what is older ignores it and keeps them.
  canDiscard = compareVersions nixVersion "2.14" < 0 || compareVersions nixVersion "2.16" >= 0;
  isSelfContained =
    (given.store or null) != "mount"
    && (given.keepReferences or null) != true
    && !import ./host-references.nix given;

  bundle = derivation (
    {
      inherit name hostSystem;
      system = buildSystem;
      builder = "${oci-bundle}/bin/oci-bundle";
      args = [ "build" ];
      __structuredAttrs = true;
      container = given;
    }
    # Nix refuses to export the graph of nothing.
    // (if closure == [ ] then { } else { exportReferencesGraph = { inherit closure; }; })
    // (if canDiscard && isSelfContained then { unsafeDiscardReferences.out = true; } else { })
  );

  passthru = passthruOf {
    inherit name bundle closure;
    arguments = asked;
  };
in
bundle
// passthru
// {
  inherit passthru;
  meta.description = "OCI runtime bundle of ${name}";
}
