/**
  The one of some names that a misspelt name most likely means, or null where a guess would mislead.

  # Type
  nearest :: String -> [String] -> String | null
*/
name: candidates:
let
  inherit (builtins)
    elemAt
    foldl'
    genList
    length
    stringLength
    substring
    ;
  at = text: index: substring index 1 text;
  least = foldl' (a: b: if b < a then b else a);

  # Levenshtein's distance, a row of the table at a time.
  distance =
    a: b:
    let
      first = genList (column: column) (stringLength b + 1);
      next =
        above: row:
        foldl' (
          left: column:
          left
          ++ [
            (least (elemAt above column + (if at a row == at b column then 0 else 1)) [
              (elemAt above (column + 1) + 1)
              (elemAt left column + 1)
            ])
          ]
        ) [ (row + 1) ] (genList (column: column) (stringLength b));
    in
    elemAt (foldl' next first (genList (row: row) (stringLength a))) (stringLength b);

  rated = map (candidate: {
    inherit candidate;
    distance = distance name candidate;
  }) candidates;
  best = foldl' (a: b: if b.distance < a.distance then b else a) (builtins.head rated) rated;
in
if length candidates > 0 && best.distance * 3 <= stringLength best.candidate + 2 then
  best.candidate
else
  null
