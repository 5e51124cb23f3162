/**
  The candidate that a misspelt name most likely means, or null if a guess would mislead.

  # Type
  nearest :: String -> [String] -> String | null
*/
name: candidates:
let
  inherit (builtins)
    elemAt
    filter
    foldl'
    genList
    head
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

  # The distance is at least the difference of the lengths, so most candidates, and every name that is far too long, need no table.
  isFar =
    candidate:
    let
      difference = stringLength name - stringLength candidate;
    in
    (if difference < 0 then -difference else difference) * 3 > stringLength candidate + 2;
  rated = map (candidate: {
    inherit candidate;
    distance = distance name candidate;
  }) (filter (candidate: !isFar candidate) candidates);
  best = foldl' (a: b: if b.distance < a.distance then b else a) (head rated) rated;
in
if rated != [ ] && best.distance * 3 <= stringLength best.candidate + 2 then
  best.candidate
else
  null
