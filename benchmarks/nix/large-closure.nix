/**
  `closure`, a store path that refers to 50 others, and these: `parts`, with 500 MB in 5 000 files.
*/
pkgs:
let
  part =
    index:
    pkgs.runCommand "part-${toString index}" { } ''
      mkdir $out
      for file in {1..100}; do
        yes "${toString index} $file" | head -c 100000 >$out/$file || true
      done
    '';
  parts = builtins.genList part 50;
in
{
  inherit parts;
  closure = pkgs.writeText "large-closure" (toString parts);
}
