/**
  What names mean here that other tools have: Docker and Compose, Podman, nixpkgs' dockerTools and singularity-tools,
  nix2container, NixOS. The one list of them.

  A name is looked up in lower case and without `-` and `_`, so `capAdd` and `cap_add` are one.

  # Type
  elsewhere :: String -> { argument :: String | null; config :: String | null; }

  `argument` is what to say where the name stands as an argument, `config` where it stands in `config`; null if the name is not
  known.
*/
let
  inherit (builtins)
    genList
    listToAttrs
    replaceStrings
    stringLength
    substring
    ;
  inherit (import ./runtime-spec.nix) hookNames;

  args = "use the argument 'args', the command and its arguments";
  contents = "use the argument 'contents' for packages whose trees appear at /, and 'files' for single files";
  mounts = "use the argument 'mounts', by destination: mounts.\"/data\" = \"/srv/data\"";
  environment = "use the argument 'env'";
  user = "use the argument 'user', such as { uid = 1000; gid = 100; }";
  platform = "leave it out: a container is for the system of its packages; take those of pkgsCross for another";
  noImage = "oci-bundle makes a container of Nix packages and not of an image; use the argument 'contents'";
  noLayers = "a bundle has a root filesystem and no layers; leave it out";
  noTag = "a bundle is no image and has no tag; use the argument 'name'";
  noScripts = "no command runs while the root filesystem is made; use the arguments 'files' and 'contents', with a derivation for what has to be made";
  noPorts = "oci-bundle forwards no ports; a container without { type = \"network\"; } in config.linux.namespaces has the host's network";
  network = "use config.linux.namespaces: without { type = \"network\"; } the network is the host's, and with a path = \"/run/netns/…\" it is that one";
  capabilities = "use config.process.capabilities, with the lists bounding, effective and permitted, such as [ \"CAP_CHOWN\" ]";
  privileged = "there is no such switch; give what is needed in config.process.capabilities, config.linux.devices and config.linux.resources.devices";
  supervisor = "oci-bundle starts a container and does not supervise it; use a service of systemd";
  devices = "use config.linux.devices for the nodes, and config.linux.resources.devices for what may be used";
  memory = "use config.linux.resources.memory.limit, in bytes";
  cpu = "use config.linux.resources.cpu";
  labels = "use config.annotations";
  terminal = "use the argument 'terminal'";
  hosts = "use the argument 'files', such as files.\"/etc/hosts\".text";
  secrets = "use the argument 'mounts' for a file of the host; what is in the store can be read by all";
  security = "use config.process.apparmorProfile, config.process.selinuxLabel, config.linux.seccomp or config.process.noNewPrivileges";
  readonly = "use the argument 'readonly'";
  root = "the root filesystem is made from 'contents' and 'files'; for whether it is read-only use the argument 'readonly'";
  init = "a container's first process is args[0] itself; put an init program there, such as \"\${pkgs.tini}/bin/tini\"";

  known = {
    inherit
      args
      capabilities
      devices
      environment
      init
      labels
      memory
      network
      privileged
      secrets
      ;
    addhost = hosts;
    addhosts = hosts;
    architecture = platform;
    argv = args;
    attachstdin = terminal;
    autostart = supervisor;
    bindmounts = mounts;
    binds = mounts;
    buildinputs = contents;
    capabilityadd = capabilities;
    capabilitydrop = capabilities;
    capadd = capabilities;
    capdrop = capabilities;
    caps = capabilities;
    cmd = args;
    command = args;
    copytoroot = contents;
    cpus = cpu;
    cpuset = "${cpu}.cpus";
    cpusetcpus = "${cpu}.cpus";
    cpushares = "${cpu}.shares";
    created = "nothing in a bundle has a date; leave it out";
    dependson = supervisor;
    deps = contents;
    detach = supervisor;
    device = devices;
    disksize = noLayers;
    diskimage = noImage;
    dns = "use the argument 'mounts' or 'files' for /etc/resolv.conf";
    dnssearch = "use the argument 'mounts' or 'files' for /etc/resolv.conf";
    dockerfile = noImage;
    enablefakechroot = noScripts;
    entrypoint = "a container has one command: write it, entry point first, in the argument 'args'";
    envfile = environment;
    environmentfile = environment;
    environmentfiles = environment;
    ephemeral = "nothing that a run writes is kept, unless it is given a directory with --state; leave it out";
    exposedports = noPorts;
    extracommands = noScripts;
    extrahosts = hosts;
    fakerootcommands = noScripts;
    fromimage = noImage;
    fromimagename = noImage;
    fromimagetag = noImage;
    gid = user;
    gname = user;
    group = user;
    groupadd = "use the argument 'user', with user.additionalGids";
    groups = "use the argument 'user', with user.additionalGids";
    healthcheck = supervisor;
    home = "use the argument 'user', with user.home";
    image = noImage;
    imageconfig = "use the arguments 'args', 'env', 'user' and 'cwd' for what an image has in its configuration";
    imagefile = noImage;
    imagename = noTag;
    imagetag = noTag;
    includenixdb = "there is no Nix database in a container; put a Nix that makes its own into 'contents'";
    includestorepaths = "the closure of everything in the arguments is in the container; leave it out";
    initializenixdatabase = "there is no Nix database in a container; put a Nix that makes its own into 'contents'";
    interactive = terminal;
    ipc = "use config.linux.namespaces";
    keepcontentsdirlinks = "a directory that several of 'contents' have is merged, one of a single package is a link; leave it out";
    label = labels;
    layer = noLayers;
    layers = noLayers;
    logdriver = supervisor;
    logging = supervisor;
    macaddress = network;
    maxlayers = noLayers;
    memlimit = memory;
    memorylimit = memory;
    mtime = "nothing in a bundle has a date; leave it out";
    namespaces = "use config.linux.namespaces";
    networkdisabled = network;
    networkmode = network;
    networks = network;
    nixuid = user;
    nixgid = user;
    onbuild = noImage;
    openstdin = terminal;
    package = contents;
    packages = contents;
    path = contents;
    paths = contents;
    perms = "use the argument 'files', with executable = true; all else is as it is in the store";
    pid = "use config.linux.namespaces";
    pidslimit = "use config.linux.resources.pids.limit";
    platform = platform;
    port = noPorts;
    ports = noPorts;
    publish = noPorts;
    pullpolicy = noImage;
    readonlyroot = readonly;
    readonlyrootfs = readonly;
    restart = supervisor;
    restartpolicy = supervisor;
    rlimits = "use config.process.rlimits";
    rootfs = root;
    runasroot = noScripts;
    runscript = args;
    securityopt = security;
    securityopts = security;
    shadowsetup = "use the argument 'baseFiles', which is true by default, and 'user' with user.name";
    shell = "no shell is involved: write it into the argument 'args', such as [ \"\${pkgs.bash}/bin/bash\" \"-c\" \"…\" ]";
    shmsize = "use the argument 'mounts': mounts.\"/dev/shm\" = { type = \"tmpfs\"; options = [ \"size=1g\" \"mode=1777\" ]; }";
    stdinopen = terminal;
    stopgraceperiod = supervisor;
    stopsignal = "use config.annotations.\"org.opencontainers.image.stopSignal\"";
    stoptimeout = supervisor;
    sysctl = "use config.linux.sysctl";
    sysctls = "use config.linux.sysctl";
    system = platform;
    systempackages = contents;
    tag = noTag;
    tmpfs = "use the argument 'mounts': mounts.\"/data\" = { type = \"tmpfs\"; }";
    tty = terminal;
    uid = user;
    ulimit = "use config.process.rlimits";
    ulimits = "use config.process.rlimits";
    umask = "use the argument 'user', with user.umask";
    uname = user;
    username = "use the argument 'user', with user.name";
    userns = "use config.linux.namespaces, config.linux.uidMappings and config.linux.gidMappings";
    usernsmode = "use config.linux.namespaces, config.linux.uidMappings and config.linux.gidMappings";
    volume = mounts;
    volumes = mounts;
    volumesfrom = mounts;
    workdir = "use the argument 'cwd'";
    workingdir = "use the argument 'cwd'";
    workingdirectory = "use the argument 'cwd'";
  };

  # Fields of the runtime spec, which stand in `config`. The builder knows where each of them does.
  inConfig = {
    annotations = "annotations";
    apparmorprofile = "process.apparmorProfile";
    cgroupspath = "linux.cgroupsPath";
    domainname = "domainname";
    gidmappings = "linux.gidMappings";
    hooks = "hooks";
    iopriority = "process.ioPriority";
    linux = "linux";
    maskedpaths = "linux.maskedPaths";
    nonewprivileges = "process.noNewPrivileges";
    ociversion = "ociVersion";
    oomscoreadj = "process.oomScoreAdj";
    process = "process";
    readonlypaths = "linux.readonlyPaths";
    resources = "linux.resources";
    rootfspropagation = "linux.rootfsPropagation";
    selinuxlabel = "process.selinuxLabel";
    timeoffsets = "linux.timeOffsets";
    uidmappings = "linux.uidMappings";
  }
  // listToAttrs (
    map (name: {
      name = plain name;
      value = "hooks.${name}";
    }) hookNames
  );

  characters = text: genList (index: substring index 1 text) (stringLength text);
  plain = replaceStrings (characters "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") (
    characters "abcdefghijklmnopqrstuvwxyz"
    ++ [
      ""
      ""
    ]
  );
in
name:
let
  key = plain name;
in
{
  argument =
    if inConfig ? ${key} then
      "use config.${inConfig.${key}}"
    else if key == "root" then
      root
    else
      known.${key} or null;

  # Docker's names for what are arguments here have a capital letter.
  config =
    {
      Env = environment;
      Hostname = "use the argument 'hostname'";
      User = user;
    }
    .${name} or known.${key} or null;
}
