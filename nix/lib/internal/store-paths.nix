/**
  The store paths in a text, without duplicates, cut to their top level in the store, each with its own part of the context.

  # Inputs
  `function`
  : The function that was called, for messages.

  `text`
  : The text.

  # Type
  storePaths :: String -> String -> [String]
*/
function: text:
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

  # The context lists derivations with their outputs, and plain paths. It does not say the store paths of outputs, only their names,
  # which consist of the derivation's name and the output's.
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

  # The maximum length of a store path's name.
  longestName = 211;

  # Every second piece is the start of a store path. The text behind it may look like more of its name, so the longest name that the
  # context has is taken.
  pieces = split "(${storeDir}/[0-9a-df-np-sv-z]{32}-)" (unsafeDiscardStringContext text);
  isInContext = name: hasAttr name byName;
  longest =
    name:
    if name == "" || isInContext name then name else longest (substring 0 (stringLength name - 1) name);
  seenAt = index: {
    start = head (elemAt pieces (2 * index + 1));
    seen = head (split "[^0-9a-zA-Z+._?=-]" (substring 0 longestName (elemAt pieces (2 * index + 2))));
  };
  found = map (
    { start, seen }:
    let
      inContext = longest seen;
      name = if inContext == "" then seen else inContext;
    in
    {
      inherit name;
      path = start + name;
    }
  ) (filter (entry: entry.seen != "") (genList seenAt (length pieces / 2)));
  paths = groupBy (entry: entry.path) found;
  names = groupBy (entry: entry.name) found;

  # These are in the context, but the text has no store path of them.
  hidden = filter (entry: !hasAttr entry.name names) entries;
in
if hidden != [ ] then
  throw "${function}: the arguments depend on ${(head hidden).from}, but do not contain its store path; write it as \"\${package}\", or drop the dependency with builtins.unsafeDiscardStringContext (content-addressed derivations are not supported, as their store paths are unknown before they are built)"
else
  map (
    path:
    let
      inherit (head paths.${path}) name;
    in
    foldl' (text: entry: appendContext text entry.context) path (byName.${name} or [ ])
  ) (attrNames paths)
