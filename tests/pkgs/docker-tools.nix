/**
  The files that programs expect outside the store, where nixpkgs has them and
  made of the same kinds of link; nothing else of its `dockerTools`.
*/
final:
let
  inherit (final) runCommand;

  # Each line with its end, for the middle of a file.
  lines = builtins.foldl' (text: line: text + line + "\n") "";
in
{
  /**
    Users and groups, which `override` adds lines to.
  */
  fakeNss = final.callPackage (
    {
      extraPasswdLines ? [ ],
      extraGroupLines ? [ ],
    }:
    final.symlinkJoin {
      name = "fake-nss";
      paths = [
        (final.writeTextDir "etc/passwd" ''
          root:x:0:0:root user:/var/empty:/bin/sh
          ${lines extraPasswdLines}nobody:x:65534:65534:nobody:/var/empty:/bin/sh
        '')
        (final.writeTextDir "etc/group" ''
          root:x:0:
          ${lines extraGroupLines}nobody:x:65534:
        '')
        (final.writeTextDir "etc/nsswitch.conf" ''
          hosts: files dns
        '')
        (runCommand "var-empty" { } "mkdir -p $out/var/empty")
      ];
    }
  ) { };

  dockerTools = {
    inherit (final) fakeNss;

    binSh = runCommand "bin-sh" { } ''
      mkdir -p $out/bin
      ln -s ${final.bashInteractive}/bin/bash $out/bin/sh
    '';

    usrBinEnv = runCommand "usr-bin-env" { } ''
      mkdir -p $out/usr/bin
      ln -s ${final.coreutils}/bin/env $out/usr/bin/env
    '';

    # Where NixOS had the file once, where it and Debian have it, and Fedora.
    caCertificates = runCommand "ca-certificates" { } ''
      for place in ssl/certs/ca-bundle.crt ssl/certs/ca-certificates.crt pki/tls/certs/ca-bundle.crt; do
        mkdir -p "$(dirname "$out/etc/$place")"
        ln -s ${final.cacert}/etc/ssl/certs/ca-bundle.crt "$out/etc/$place"
      done
    '';
  };
}
