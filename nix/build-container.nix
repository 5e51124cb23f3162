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
    attrNames
    compareVersions
    concatLists
    concatMap
    concatStringsSep
    elemAt
    filter
    genList
    hasAttr
    head
    isAttrs
    isFloat
    isFunction
    isList
    isString
    length
    match
    nixVersion
    split
    substring
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  arguments = import ./arguments.nix;
  contentsOf = import ./contents.nix;
  nearest = import ./nearest.nix;
  passthruOf = import ./passthru.nix { inherit oci-bundle buildSystem host; };

  mistake = attribute: problem: throw "buildContainer: ${attribute}: ${problem}";

  # The arguments as they came, or an error at the first that cannot be right.
  checked =
    container:
    let
      unknown = filter (name: !hasAttr name arguments) (attrNames container);
      misspelt = head unknown;
      near = nearest misspelt (attrNames arguments);
      hint =
        if near == null then
          "there are: ${concatStringsSep ", " (attrNames arguments)}"
        else
          "did you mean '${near}'?";

      isMissing = name: arguments.${name}.default == null && (container.${name} or null) == null;
      missing = filter isMissing (attrNames arguments);

      # Each value with its attribute path and its shape.
      values = concatMap (
        name:
        let
          value = container.${name};
          shape = arguments.${name};
          elements = genList (index: {
            attribute = "${name}[${toString index}]";
            value = elemAt value index;
            shape = shape.element;
          }) (length value);
        in
        [
          {
            inherit value shape;
            attribute = name;
          }
        ]
        ++ (if isList value && shape ? element then elements else [ ])
      ) (filter (name: container.${name} != null) (attrNames container));
      wrong = filter (entry: !entry.shape.check entry.value) values;
      first = head wrong;
      unfit = concatMap (name: unfitIn name container.${name}) (attrNames container);
    in
    if !isAttrs container then
      throw "buildContainer: found ${describe container}, want an attribute set"
    else if unknown != [ ] then
      mistake (attributeName misspelt) "no such argument (${hint})"
    else if missing != [ ] then
      mistake (head missing) "missing; want ${arguments.${head missing}.want}"
    else if wrong != [ ] then
      mistake first.attribute "found ${describe first.value}, want ${first.shape.want}"
    else if unfit != [ ] then
      mistake (head unfit).attribute (head unfit).problem
    else
      container;

  # What in a value cannot become JSON. A derivation does so as its output path.
  unfitIn =
    attribute: value:
    if isFunction value then
      [
        {
          inherit attribute;
          problem = "found a function, want a value; is an argument of the function missing?";
        }
      ]
    # No other number has a difference to itself.
    else if isFloat value && value - value != 0 then
      [
        {
          inherit attribute;
          problem = "found a float that is not a finite number";
        }
      ]
    else if isList value then
      concatLists (
        genList (index: unfitIn "${attribute}[${toString index}]" (elemAt value index)) (length value)
      )
    else if isAttrs value && !(value ? outPath) then
      concatMap (name: unfitIn "${attribute}.${attributeName name}" value.${name}) (attrNames value)
    else
      [ ];

  attributeName = name: if match "[a-zA-Z_][a-zA-Z0-9_'-]*" name == null then toJSON name else name;

  describe =
    value:
    {
      null = "null";
      int = "${toString value} (an integer)";
      bool = "${if value then "true" else "false"} (a boolean)";
      string = "the string ${toJSON (unsafeDiscardStringContext value)}";
      set = if value == { } then "an empty attribute set" else "an attribute set";
      list = if value == [ ] then "an empty list" else "a list";
      lambda = "a function";
    }
    .${typeOf value} or "a ${typeOf value}";

  # The name of the program, without what a store path puts before it.
  nameOf =
    program:
    let
      last = builtins.baseNameOf (unsafeDiscardStringContext (toString program));
      storeName = match "[0-9a-df-np-sv-z]{32}-(.+)" last;
      base = if storeName == null then last else head storeName;
      # What a store path's name may hold; it may not begin with a dot.
      valid = filter isString (split "[^0-9a-zA-Z+._?=-]+" base);
      joined = concatStringsSep "-" valid;
      trimmed = match "[.-]*([^.-].*)" joined;
      name = substring 0 200 (head trimmed);
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
    // (if asked.contents or null == null then { } else { contents = map contentsOf asked.contents; });
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
