/**
  Programs made of Debian packages, under the names they have in nixpkgs.

  `libraries` names entries of libraries.nix, as everywhere.
*/
final:
let
  debian = import ./debian.nix { inherit (final) system glibc; };

  installed = import ./installed.nix final.system;

  libraryPackages = builtins.mapAttrs (
    name: direct:
    debian {
      inherit name;
      libraries = map (other: libraryPackages.${other}) direct;
      finish = "rm -rf bin etc share";
    }
  ) (import ./libraries.nix);

  program =
    args: debian (args // { libraries = map (name: libraryPackages.${name}) (args.libraries or [ ]); });
in
{
  /**
    The library packages, by Debian's names.
  */
  inherit libraryPackages;

  glibc = debian {
    name = "glibc";
    packages = [ "libc6" ];
    glibc = null;
  };

  bash = program {
    name = "bash";
    libraries = [ "libtinfo6" ];
    finish = "ln -s bash bin/sh";
  };
  bashInteractive = final.bash;

  busybox = program {
    name = "busybox";
    packages = [ "busybox-static" ];
    glibc = null;
    finish = ''
      for applet in $(bin/busybox --list); do
        [ -e "bin/$applet" ] || ln -s busybox "bin/$applet"
      done
    '';
  };

  cacert = program {
    name = "cacert";
    packages = [ "ca-certificates" ];
    glibc = null;
    finish = ''
      mkdir -p etc/ssl/certs
      cat share/ca-certificates/*/*.crt >etc/ssl/certs/ca-bundle.crt
      rm -r bin etc/ca-certificates share
    '';
  };

  catatonit = program {
    name = "catatonit";
    glibc = null;
    finish = "rm -rf lib libexec share";
  };

  coreutils = program {
    name = "coreutils";
    libraries = [
      "libacl1"
      "libattr1"
      "libgmp10"
      "libselinux1"
    ];
  };

  crun = installed "crun";

  curl = program {
    name = "curl";
    libraries = [
      "libcurl4"
      "zlib1g"
    ];
  };

  diffutils = program { name = "diffutils"; };

  findutils = program {
    name = "findutils";
    mainProgram = "find";
    libraries = [ "libselinux1" ];
  };

  gawk = program {
    name = "gawk";
    libraries = [
      "libgmp10"
      "libmpfr6"
      "libreadline8"
      "libsigsegv2"
    ];
    interpreters = [ final.bash ];
    finish = "ln -s gawk bin/awk";
  };

  # The commands that are built in: those left out are scripts, or programs that
  # need many more libraries.
  git = program {
    name = "git";
    libraries = [
      "libpcre2-8-0"
      "zlib1g"
    ];
    interpreters = [ final.bash ];
    # Git looks for its other names and for templates below /usr, or where the
    # environment says. It has no such variable for /bin/sh, which it starts
    # hooks, aliases and the other side of a clone with.
    finish = ''
      rm -r bin etc share/gitweb share/perl5 share/git-core/contrib share/git-core/templates/hooks
      find lib -type f ! -path lib/git-core/git -delete
      find lib -xtype l -delete
      mkdir bin
      cat >bin/git <<EOF
      #!/bin/sh
      export GIT_EXEC_PATH="\''${GIT_EXEC_PATH-$out/lib/git-core}"
      export GIT_TEMPLATE_DIR="\''${GIT_TEMPLATE_DIR-$out/share/git-core/templates}"
      exec -a "\''${0##*/}" $out/lib/git-core/git "\$@"
      EOF
      chmod +x bin/git
      # What another machine's git starts by way of ssh.
      for name in git-receive-pack git-upload-archive git-upload-pack; do
        ln -s git "bin/$name"
      done
    '';
  };

  gnugrep = program {
    name = "gnugrep";
    packages = [ "grep" ];
    mainProgram = "grep";
    libraries = [ "libpcre2-8-0" ];
    interpreters = [ final.bash ];
  };

  gnused = program {
    name = "gnused";
    packages = [ "sed" ];
    mainProgram = "sed";
    libraries = [
      "libacl1"
      "libselinux1"
    ];
  };

  gnutar = program {
    name = "gnutar";
    packages = [ "tar" ];
    mainProgram = "tar";
    libraries = [
      "libacl1"
      "libselinux1"
    ];
    interpreters = [ final.bash ];
  };

  gzip = program {
    name = "gzip";
    interpreters = [ final.bash ];
  };

  hello = program { name = "hello"; };

  # The names of ports and protocols, which nixpkgs has from IANA itself.
  iana-etc = program {
    name = "iana-etc";
    packages = [ "netbase" ];
    glibc = null;
    finish = ''
      find etc -type f ! -name services ! -name protocols -delete
      rm -rf share
    '';
  };

  jq = program {
    name = "jq";
    libraries = [ "libjq1" ];
  };

  nginx = program {
    name = "nginx";
    packages = [
      "nginx"
      "nginx-common"
    ];
    libraries = [
      "libcrypt1"
      "libpcre2-8-0"
      "libssl3"
      "zlib1g"
    ];
    # Of the configuration, what a nginx.conf of one's own includes. Temporary files are in /tmp, as those of nixpkgs' nginx are.
    finish = ''
      sed -i 's,/var/lib/nginx/,/tmp/./././././,g' bin/nginx
      mkdir conf
      mv etc/nginx/mime.types etc/nginx/fastcgi.conf etc/nginx/*_params conf
      mv share/nginx/html html
      rm -r etc lib share
    '';
  };

  nix = program {
    name = "nix";
    packages = [ "nix-bin" ];
    libraries = [
      "libarchive13"
      "libboost-context1.74.0"
      "libbrotli1"
      "libbsd0"
      "libcpuid16"
      "libcurl3-gnutls"
      "libgc1"
      "libgcc-s1"
      "libreadline8"
      "libseccomp2"
      "libsodium23"
      "libsqlite3-0"
      "libssl3"
      "libstdc++6"
    ];
    finish = ''
      mv lib/nix/*.so lib
      rm -r lib/nix share
    '';
  };

  # What is left out starts ssh, or helpers, by paths in /usr.
  openssh = program {
    name = "openssh";
    packages = [ "openssh-client" ];
    mainProgram = "ssh";
    libraries = [
      "libgssapi-krb5-2"
      "libselinux1"
      "libssl3"
      "zlib1g"
    ];
    finish = "rm -r bin/scp bin/sftp bin/ssh-argv0 bin/ssh-copy-id lib share";
  };

  # One store path, as Python finds its library relative to its program.
  passt = installed "pasta";

  python3 = program {
    name = "python3";
    packages = [
      "python3.11-minimal"
      "libpython3.11-minimal"
      "libpython3.11-stdlib"
    ];
    libraries = [
      "libbz2-1.0"
      "libcrypt1"
      "libdb5.3"
      "libexpat1"
      "libffi8"
      "liblzma5"
      "libncursesw6"
      "libnsl2"
      "libreadline8"
      "libsqlite3-0"
      "libssl3"
      "libtinfo6"
      "libtirpc3"
      "libuuid1"
      "zlib1g"
    ];
    # A file in the place of each folder for compiled modules: root may write
    # into the store, so Python would, and the store path would be changed.
    finish = ''
      ln -s python3.11 bin/python3
      ln -s python3 bin/python
      find lib -name '*.py' -printf '%h/__pycache__\n' | sort -u | xargs touch
    '';
  };

  redis = program {
    name = "redis";
    packages = [
      "redis-server"
      "redis-tools"
    ];
    mainProgram = "redis-server";
    libraries = [
      "libatomic1"
      "libjemalloc2"
      "liblzf1"
      "libssl3"
      "libsystemd0"
    ];
    finish = "rm -r etc lib share";
  };

  runc = installed "runc";

  skopeo = installed "skopeo";

  sqlite = program {
    name = "sqlite";
    packages = [ "sqlite3" ];
    mainProgram = "sqlite3";
    libraries = [
      "libreadline8"
      "libsqlite3-0"
      "zlib1g"
    ];
    finish = "rm -rf share";
  };

  image-spec-schemas = program {
    name = "image-spec-schemas";
    packages = [ "golang-github-opencontainers-image-spec-dev" ];
    glibc = null;
    finish = ''
      mkdir -p share/image-spec
      mv share/gocode/src/github.com/opencontainers/image-spec/schema/*.json share/image-spec
      rm -r share/gocode
    '';
  };

  runtime-spec-schemas = program {
    name = "runtime-spec-schemas";
    packages = [ "golang-github-opencontainers-specs-dev" ];
    glibc = null;
    finish = ''
      mkdir -p share/runtime-spec
      mv share/gocode/src/github.com/opencontainers/runtime-spec/schema share/runtime-spec
      find share/runtime-spec -type f ! -name '*.json' -delete
      rm -r share/gocode
    '';
  };
}
