/**
  What to use here instead of names of other tools: Docker and Compose, Podman, nixpkgs' dockerTools and singularity-tools,
  nix2container, NixOS. They are listed only here.

  The lookup ignores case, `-` and `_`, so `capAdd` and `cap_add` are the same name.

  # Type
  foreignName :: String -> { argument :: String | null; config :: String | null; }

  `argument` is the advice for the name as an argument, `config` for the name in `config`; null if there is none.
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
  platform = "leave it out: a container is for the system of its packages; use those of pkgsCross for another system";
  noImage = "oci-bundle makes containers from Nix packages, not from images; use the argument 'contents'";
  noLayers = "a bundle has no layers, only a root filesystem; for container.image, use image.layers and image.maxLayers";
  noTag = "use the argument 'image': image.name and image.tag";
  noScripts = "no command runs when the root filesystem is made; use the arguments 'files' and 'contents', with a derivation for generated files";
  ports = "use the argument 'ports', such as [ 8080 ] or, to publish one, [ \"8080:80\" ]";
  network = "use the argument 'network', \"private\", \"user\" or \"host\", or config.linux.namespaces: without { type = \"network\"; } the container has the host's network, and with path = \"/run/netns/…\" it joins that one";
  capabilities = "use the argument 'capabilities': capabilities.add = [ \"CAP_NET_ADMIN\" ], capabilities.drop = [ \"ALL\" ], or a list of exactly those to have";
  privileged = "there is no such switch; list what the container needs in the argument 'capabilities', config.linux.devices and config.linux.resources.devices";
  supervisor = "oci-bundle restarts no container; use a systemd service";
  detach = "use the option --detach of oci-bundle run";
  logs = "oci-bundle logs has what a detached container prints, and the journal what a systemd service does";
  stopTime = "use the option --time of oci-bundle stop, or TimeoutStopSec= of a systemd service";
  devices = "use config.linux.devices for the nodes, and config.linux.resources.devices for the rules";
  memory = "use the argument 'limits': limits.memory = \"512M\"";
  swap = "use config.linux.resources.memory.swap, which limits memory and swap together, in bytes";
  cpus = "use the argument 'limits': limits.cpus = 1.5";
  cpu = "use config.linux.resources.cpu";
  pids = "use the argument 'limits': limits.pids = 100";
  labels = "use image.labels for an image, and config.annotations for a bundle";
  terminal = "use the argument 'terminal'";
  hosts = "use the argument 'files', such as files.\"/etc/hosts\".text";
  secrets = "use the argument 'mounts' for a file of the host; everybody can read the store";
  security = "use config.process.apparmorProfile, config.process.selinuxLabel, config.linux.seccomp or config.process.noNewPrivileges";
  readonly = "use the argument 'readonly'";
  nixDatabase = "use nixDatabase = true, which adds the Nix database of the closure";
  root = "the root filesystem is made from 'contents' and 'files'; use the argument 'readonly' to make it read-only";
  init = "use the argument 'init', true or another init, such as \"\${pkgs.tini}/bin/tini\"";

  advice = {
    inherit
      args
      capabilities
      cpus
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
    cpuperiod = cpu;
    cpuquota = cpus;
    cpuset = "${cpu}.cpus";
    cpusetcpus = "${cpu}.cpus";
    cpushares = "${cpu}.shares";
    created = "no file of a bundle has a date; for container.image, use image.created";
    dependson = supervisor;
    deps = contents;
    inherit detach;
    device = devices;
    disksize = noLayers;
    diskimage = noImage;
    dns = "use the argument 'mounts' or 'files' for /etc/resolv.conf";
    dnssearch = "use the argument 'mounts' or 'files' for /etc/resolv.conf";
    dockerfile = noImage;
    enablefakechroot = noScripts;
    entrypoint = "a container has one command; put the entry point first in the argument 'args', and say in image.entrypoint how much of it an image keeps";
    envfile = environment;
    environmentfile = environment;
    environmentfiles = environment;
    ephemeral = "changes are discarded unless you pass --state to the run; leave it out";
    exposedports = ports;
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
    healthcheck = "use the argument 'health', such as { command = [ \"\${pkgs.curl}/bin/curl\" \"--fail\" \"http://localhost\" ]; }";
    home = "use the argument 'user', with user.home";
    imageconfig = "use the arguments 'args', 'env', 'user' and 'cwd' instead of an image's configuration";
    imagefile = noImage;
    imagename = noTag;
    imagetag = noTag;
    includenixdb = nixDatabase;
    includestorepaths = "the container always has the closure of its arguments; leave it out";
    initializenixdatabase = nixDatabase;
    interactive = terminal;
    ipc = "use config.linux.namespaces";
    keepcontentsdirlinks = "a directory of several packages is merged, one of a single package is a link; leave it out";
    label = labels;
    layer = noLayers;
    layers = noLayers;
    logdriver = logs;
    logging = logs;
    macaddress = network;
    maxlayers = noLayers;
    memlimit = memory;
    memorylimit = memory;
    memorymax = memory;
    memoryswap = swap;
    memswaplimit = swap;
    mtime = "no file of a bundle has a date; leave it out";
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
    perms = "use the attributes mode, uid and gid of the arguments 'files' and 'directories'";
    pid = "use config.linux.namespaces";
    pidslimit = pids;
    platform = platform;
    port = ports;
    ports = ports;
    publish = ports;
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
    shadowsetup = "use the arguments 'baseFiles', which is true by default, and 'user' with user.name";
    shell = "no shell is involved; name one in the argument 'args', such as [ \"\${pkgs.bash}/bin/bash\" \"-c\" \"…\" ]";
    shmsize = "use the argument 'mounts': mounts.\"/dev/shm\" = { type = \"tmpfs\"; options = [ \"size=1g\" \"mode=1777\" ]; }";
    stdinopen = terminal;
    stopgraceperiod = stopTime;
    stopsignal = "use the argument 'stopSignal'";
    stoptimeout = stopTime;
    sysctl = "use config.linux.sysctl";
    sysctls = "use config.linux.sysctl";
    system = platform;
    systempackages = contents;
    tag = noTag;
    tasksmax = pids;
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
    volumes = "use the argument 'volumes', and 'mounts' for directories of the host";
    volumesfrom = mounts;
    workdir = "use the argument 'cwd'";
    workingdir = "use the argument 'cwd'";
    workingdirectory = "use the argument 'cwd'";
  };

  # Fields of the runtime spec, which belong in `config`. The builder knows the place of each.
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
      advice.${key} or null;

  # Docker's names for our arguments start with a capital letter.
  config =
    {
      Env = environment;
      Hostname = "use the argument 'hostname'";
      User = user;
    }
    .${name} or advice.${key} or null;
}
