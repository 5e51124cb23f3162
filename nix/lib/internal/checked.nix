/**
  The arguments as they came, or an error at the first that cannot be right: their names, their shapes, and what cannot become
  JSON. What a value means is for the builder to say.

  # Type
  checked :: AttrSet -> AttrSet
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
    mistake
    shown
    ;
  inherit (import ./runtime-spec.nix) mountSources;
  inherit (import ./text.nix) isText standsForText;
  arguments = import ../arguments.nix;
  elsewhere = import ./elsewhere.nix;
  nearest = import ./nearest.nix;

  required = filter (name: !(arguments.${name} ? default || arguments.${name} ? defaultText)) (
    attrNames arguments
  );
in
container:
let
  names = filter (name: container.${name} != null) (attrNames container);

  unknown = filter (name: !hasAttr name arguments) (attrNames container);
  misspelt = head unknown;
  known = (elsewhere misspelt).argument;
  near = nearest misspelt (attrNames arguments);
  hint =
    if known != null then
      known
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

  # What other tools have in the place of `config`.
  config = container.config or null;
  foreign = filter (name: (elsewhere name).config != null) (
    if isAttrs config && !standsForText config then attrNames config else [ ]
  );

  # A path becomes that of a copy in the store. Of a file that is what a path means everywhere in Nix; a directory is mounted so
  # that what changes in it is seen.
  isFile =
    path:
    let
      directory = dirOf path;
    in
    # The store itself cannot be listed where Nix evaluates a flake.
    toString directory != storeDir && (readDir directory).${baseNameOf path} or null == "regular";
  frozen = filter (entry: isPath entry.source && !isFile entry.source) (
    mountSources (container.mounts or null)
  );
  copied = head frozen;

  # The first place that satisfies, or null: no further one is looked at.
  firstOf = find: list: foldl' (found: value: if found != null then found else find value) null list;

  # No value of the runtime specification is nested as deep; a set that has itself inside never ends.
  deepest = 32;

  # What in a value cannot become JSON, with its attribute path. A derivation does so as its output path.
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
    # No other number has a difference to itself.
    else if isFloat value && value - value != 0 then
      problem "found a float that is not a finite number"
    else if isPath value && !pathExists value then
      problem "found ${describe value}"
    else if depth > deepest then
      problem "found values nested more than ${toString deepest} deep, want plain ones; is it a package set?"
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
  # Only a bundle's arguments become JSON; what other outputs use is looked at where they are.
  unfit = firstOf (name: unfitIn 0 name container.${name}) (
    filter (name: elem "bundle" arguments.${name}.usedBy) names
  );
in
if !isAttrs container then
  throw "buildContainer: found ${describe container}, want an attribute set"
else if unknown != [ ] then
  mistake (attributeName misspelt) "no such argument (${hint})"
else if missing != [ ] then
  mistake (head missing) "missing; want ${arguments.${head missing}.want}"
else if wrong != [ ] then
  mistake first.attribute "found ${describe first.value}, want ${first.shape.want}"
else if unfit != null then
  mistake unfit.attribute unfit.problem
else if foreign != [ ] then
  mistake "config.${attributeName (head foreign)}" "no such field in the OCI runtime spec (${(elsewhere (head foreign)).config})"
else if frozen != [ ] then
  mistake copied.attribute "found ${describe copied.source}, a directory, which would be copied to the store; write \"\${${shown copied.source}}\" if a copy is meant, and toString ${shown copied.source} or a string for the directory of the host"
else
  container
