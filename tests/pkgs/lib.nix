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

  /**
    The output with a package's programs, unless another one was asked for.
  */
  getBin =
    package:
    if package.outputSpecified or false then package else package.bin or package.out or package;

  getExe' = package: program: "${getBin package}/bin/${program}";

  /**
    Which package has precedence where several have a file: the one with the
    lower number, which is 5 for those that say nothing.
  */
  setPrio =
    priority: package:
    let
      change =
        output:
        output
        // {
          meta = output.meta or { } // {
            inherit priority;
          };
        };
    in
    # The outputs too, as each may be used in the package's place.
    change package // genAttrs (package.outputs or [ ]) (name: change package.${name});
in
{
  inherit
    genAttrs
    getBin
    getExe'
    setPrio
    ;

  hiPrio = setPrio (-10);
  lowPrio = setPrio 10;

  getExe = package: getExe' package (package.meta.mainProgram or package.pname or package.name);

  makeBinPath =
    packages: builtins.concatStringsSep ":" (map (package: "${getBin package}/bin") packages);

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
