/**
  The tests that every container has, where nixpkgs looks for them: `starts` is one that it starts, and ends with 0 if it ends at once.
*/
_setting:
{ outputs, ... }:
{
  # No expectations: the program only has to start.
  starts = outputs.test null;
}
