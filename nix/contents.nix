/**
  What the builder has to know of an element of `contents`: the store paths of the outputs that are meant, and the
  priority. nixpkgs' buildEnv chooses the outputs in the same way.

  # Type
  contents :: Package | String | Path -> { paths :: [String]; priority :: Int; } | String
*/
package:
let
  meta = package.meta or { };
  outputs =
    if package.outputSpecified or false || meta.outputsToInstall or null == null then
      [ package ]
    else
      map (output: package.${output} or (missing output)) meta.outputsToInstall;
  missing =
    output:
    throw "buildContainer: contents: ${package.name or "a package"} has no output '${output}', which its meta.outputsToInstall names";
in
if builtins.isAttrs package then
  {
    paths = map (output: "${output}") outputs;
    # lib.meta.defaultPriority
    priority = meta.priority or 5;
  }
else
  "${package}"
