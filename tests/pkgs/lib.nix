/**
  The few functions of nixpkgs' `lib` that are really used.
*/
let
  genAttrs =
    names: value:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = value name;
      }) names
    );

  getExe' = package: program: "${package}/bin/${program}";
in
{
  inherit genAttrs getExe';

  getExe = package: getExe' package (package.meta.mainProgram or package.pname or package.name);

  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);

  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: values: if condition then values else [ ];
  optionalString = condition: text: if condition then text else "";

  optionalAttrs = condition: set: if condition then set else { };

  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;

  platforms.linux = [
    "x86_64-linux"
    "aarch64-linux"
  ];

  licenses.mit = {
    shortName = "mit";
    spdxId = "MIT";
    fullName = "MIT License";
    url = "https://spdx.org/licenses/MIT.html";
    free = true;
  };
}
