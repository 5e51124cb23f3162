/**
  Each store path in a text, once, cut down to what stands directly in the store, with its own part of the context.

  # Type
  storePaths :: String -> [String]
*/
text:
let
  inherit (builtins)
    appendContext
    attrNames
    concatMap
    elemAt
    filter
    foldl'
    genList
    getContext
    groupBy
    hasAttr
    head
    length
    match
    split
    storeDir
    stringLength
    substring
    unsafeDiscardStringContext
    ;

  nameIn = path: substring (stringLength storeDir + 34) (-1) path;

  # The context has derivations with the outputs that are meant, and plain paths; what it says of their store paths
  # are the names, which the derivation's name and the output's make up.
  context = getContext text;
  entries = concatMap (
    path:
    let
      entry = context.${path};
      name = nameIn path;
      drvName = head (match "(.*)\\.drv" name);
      only = value: { ${path} = value; };
    in
    map (output: {
      name = if output == "out" then drvName else "${drvName}-${output}";
      context = only { outputs = [ output ]; };
      from = "the output '${output}' of '${path}'";
    }) (entry.outputs or [ ])
    ++ (
      if entry.path or entry.allOutputs or false then
        [
          {
            inherit name;
            context = only (removeAttrs entry [ "outputs" ]);
            from = "'${path}'";
          }
        ]
      else
        [ ]
    )
  ) (attrNames context);
  byName = groupBy (entry: entry.name) entries;

  # A store path's name has no more characters than this.
  longestName = 211;

  # Every second piece is the start of a store path; the text behind it may look like more of its name, however long that
  # is: the longest name that the context knows is meant.
  pieces = split "(${storeDir}/[0-9a-df-np-sv-z]{32}-)" (unsafeDiscardStringContext text);
  isKnown = name: hasAttr name byName;
  longest =
    name:
    if name == "" || isKnown name then name else longest (substring 0 (stringLength name - 1) name);
  seenAt = index: {
    start = head (elemAt pieces (2 * index + 1));
    seen = head (split "[^0-9a-zA-Z+._?=-]" (substring 0 longestName (elemAt pieces (2 * index + 2))));
  };
  found = map (
    { start, seen }:
    let
      known = longest seen;
      name = if known == "" then seen else known;
    in
    {
      inherit name;
      path = start + name;
    }
  ) (filter (entry: entry.seen != "") (genList seenAt (length pieces / 2)));
  paths = groupBy (entry: entry.path) found;
  names = groupBy (entry: entry.name) found;

  # Nix knows of these, but the text does not name them by a store path.
  hidden = filter (entry: !hasAttr entry.name names) entries;
in
if hidden != [ ] then
  throw "buildContainer: the arguments depend on ${(head hidden).from}, but its store path stands nowhere in them; write it as \"\${package}\", or take the dependency away with builtins.unsafeDiscardStringContext (a content-addressed derivation, whose store path is not known before it is built, cannot be used)"
else
  map (
    path:
    let
      inherit (head paths.${path}) name;
    in
    foldl' (text: entry: appendContext text entry.context) path (byName.${name} or [ ])
  ) (attrNames paths)
