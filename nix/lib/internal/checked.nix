/**
  Returns the arguments as given, or throws at the first invalid one: an unknown name, a wrong shape, or a value that cannot become
  JSON. The builder checks what the values mean.

  # Inputs
  `function`
  : The function that was called, for messages.

  `container`
  : Its arguments.

  # Type
  checked :: String -> AttrSet -> AttrSet
*/
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    hasAttr
    head
    isAttrs
    isFloat
    isFunction
    isList
    isPath
    length
    pathExists
    readDir
    storeDir
    ;
  inherit (import ./message.nix)
    attributeName
    concatIndexed
    describe
    argumentErrorOf
    shown
    ;
  inherit (import ./runtime-spec.nix) mountSources;
  inherit (import ./text.nix) isText standsForText;
  arguments = import ../arguments.nix;
  foreignName = import ./foreign-names.nix;
  nearest = import ./nearest.nix;

  required = filter (name: !(arguments.${name} ? default || arguments.${name} ? defaultText)) (
    attrNames arguments
  );
in
function: container:
let
  argumentError = argumentErrorOf function;
  names = filter (name: container.${name} != null) (attrNames container);

  unknown = filter (name: !hasAttr name arguments) (attrNames container);
  misspelt = head unknown;
  foreign = (foreignName misspelt).argument;
  near = nearest misspelt (attrNames arguments);
  hint =
    if foreign != null then
      foreign
    else if near != null then
      "did you mean '${near}'?"
    else
      "there are: ${concatStringsSep ", " (attrNames arguments)}";

  missing = filter (name: (container.${name} or null) == null) required;

  # Each value with its attribute path and its shape.
  values = concatMap (
    name:
    let
      value = container.${name};
      shape = arguments.${name};
      element = index: value: [
        {
          attribute = "${name}[${toString index}]";
          inherit value;
          shape = shape.element;
        }
      ];
    in
    [
      {
        attribute = name;
        inherit value shape;
      }
    ]
    ++ (if isList value && shape ? element then concatIndexed element value else [ ])
  ) names;
  wrong = filter (entry: !entry.shape.check entry.value) values;
  first = head wrong;

  # Fields of `config` that only other tools have.
  config = container.config or null;
  foreignFields = filter (name: (foreignName name).config != null) (
    if isAttrs config && !standsForText config then attrNames config else [ ]
  );

  # A path becomes that of a copy in the store. For a file, that is what a path means everywhere in Nix; but whoever mounts a
  # directory wants to see its changes.
  isFile =
    path:
    let
      directory = dirOf path;
    in
    # Nix does not list the store itself when it evaluates a flake.
    toString directory != storeDir && (readDir directory).${baseNameOf path} or null == "regular";
  frozen = filter (entry: isPath entry.source && !isFile entry.source) (
    mountSources (container.mounts or null)
  );
  copied = head frozen;

  # The first result that is not null, or null; evaluates no further element.
  firstOf = find: list: foldl' (found: value: if found != null then found else find value) null list;

  # No value of the runtime specification is nested as deep; a set that contains itself never ends.
  deepest = 32;

  # The first part of a value that cannot become JSON, with its attribute path. A derivation becomes its output path.
  unfitIn =
    depth: attribute: value:
    let
      problem = text: {
        inherit attribute;
        problem = text;
      };
      inside = unfitIn (depth + 1);
    in
    if isFunction value then
      problem "found a function, want a value; is an argument of the function missing?"
    # A finite number minus itself is 0; infinity and NaN give NaN.
    else if isFloat value && value - value != 0 then
      problem "found a float that is not a finite number"
    else if isPath value && !pathExists value then
      problem "found ${describe value}"
    else if depth > deepest then
      problem "found values nested more than ${toString deepest} levels deep, want plain values; is this a package set?"
    else if isList value then
      firstOf (index: inside "${attribute}[${toString index}]" (elemAt value index)) (
        genList (index: index) (length value)
      )
    else if standsForText value then
      if isText value then
        null
      else
        problem "found an attribute set whose outPath or __toString gives no string"
    else if isAttrs value then
      firstOf (name: inside "${attribute}.${attributeName name}" value.${name}) (attrNames value)
    else
      null;
  # Only the bundle's arguments become JSON; other outputs check theirs themselves.
  unfit = firstOf (name: unfitIn 0 name container.${name}) (
    filter (name: elem "bundle" arguments.${name}.usedBy) names
  );
in
if !isAttrs container then
  throw "${function}: found ${describe container}, want an attribute set"
else if unknown != [ ] then
  argumentError (attributeName misspelt) "no such argument (${hint})"
else if missing != [ ] then
  argumentError (head missing) "missing; want ${arguments.${head missing}.want}"
else if wrong != [ ] then
  argumentError first.attribute "found ${describe first.value}, want ${first.shape.want}"
else if unfit != null then
  argumentError unfit.attribute unfit.problem
else if foreignFields != [ ] then
  argumentError "config.${attributeName (head foreignFields)}" "no such field in the OCI runtime spec (${(foreignName (head foreignFields)).config})"
else if frozen != [ ] then
  argumentError copied.attribute "found ${describe copied.source}, a directory, which Nix would copy to the store; write \"\${${shown copied.source}}\" for that copy, or toString ${shown copied.source} for the directory on the host"
else
  container
