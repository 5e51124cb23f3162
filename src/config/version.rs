//! Which version of the spec a document needs.

use serde_json::Value;

use super::places;
use crate::field::Mistake;

/// The released versions, oldest first.
const VERSIONS: [&str; 7] = ["1.0.0", "1.0.1", "1.0.2", "1.1.0", "1.2.0", "1.2.1", "1.3.0"];

/// Fields that came after 1.0.0, with the version that has them first.
/// Source: the spec's change log, and specs-go/config.go compared between the releases' tags.
const FIELDS: [(&str, &str); 41] = [
    ("hooks.createContainer", "1.0.2"),
    ("hooks.createRuntime", "1.0.2"),
    ("hooks.startContainer", "1.0.2"),
    ("linux.intelRdt.closID", "1.0.2"),
    ("linux.intelRdt.memBwSchema", "1.0.2"),
    ("linux.personality", "1.0.2"),
    ("linux.resources.memory.useHierarchy", "1.0.2"),
    ("linux.resources.rdma", "1.0.2"),
    ("linux.seccomp.flags", "1.0.2"),
    ("process.commandLine", "1.0.2"),
    ("process.user.umask", "1.0.2"),
    ("vm", "1.0.2"),
    ("windows.devices", "1.0.2"),
    ("windows.network.networkNamespace", "1.0.2"),
    ("domainname", "1.1.0"),
    ("linux.intelRdt.enableCMT", "1.1.0"),
    ("linux.intelRdt.enableMBM", "1.1.0"),
    ("linux.resources.cpu.burst", "1.1.0"),
    ("linux.resources.cpu.idle", "1.1.0"),
    ("linux.resources.memory.checkBeforeUpdate", "1.1.0"),
    ("linux.resources.unified", "1.1.0"),
    ("linux.seccomp.defaultErrnoRet", "1.1.0"),
    ("linux.seccomp.listenerMetadata", "1.1.0"),
    ("linux.seccomp.listenerPath", "1.1.0"),
    ("linux.seccomp.syscalls[].errnoRet", "1.1.0"),
    ("linux.timeOffsets", "1.1.0"),
    ("mounts[].gidMappings", "1.1.0"),
    ("mounts[].uidMappings", "1.1.0"),
    ("process.ioPriority", "1.1.0"),
    ("process.scheduler", "1.1.0"),
    ("zos", "1.1.0"),
    ("process.execCPUAffinity", "1.2.1"),
    ("windows.resources.cpu.affinity", "1.2.1"),
    ("zos.namespaces", "1.2.1"),
    ("freebsd", "1.3.0"),
    ("linux.intelRdt.enableMonitoring", "1.3.0"),
    ("linux.intelRdt.schemata", "1.3.0"),
    ("linux.memoryPolicy", "1.3.0"),
    ("linux.netDevices", "1.3.0"),
    ("vm.hwConfig", "1.3.0"),
    ("vm.hwconfig", "1.3.0"),
];

/// Values that came after 1.0.0, with where they stand and the version that has them first; source as above.
const VALUES: [(&str, &str, &str); 16] = [
    ("linux.seccomp.defaultAction", "SCMP_ACT_LOG", "1.0.2"),
    ("linux.seccomp.syscalls[].action", "SCMP_ACT_LOG", "1.0.2"),
    ("linux.namespaces[].type", "time", "1.1.0"),
    ("linux.seccomp.defaultAction", "SCMP_ACT_KILL_PROCESS", "1.1.0"),
    ("linux.seccomp.syscalls[].action", "SCMP_ACT_KILL_PROCESS", "1.1.0"),
    ("linux.seccomp.defaultAction", "SCMP_ACT_KILL_THREAD", "1.1.0"),
    ("linux.seccomp.syscalls[].action", "SCMP_ACT_KILL_THREAD", "1.1.0"),
    ("linux.seccomp.syscalls[].action", "SCMP_ACT_NOTIFY", "1.1.0"),
    ("linux.seccomp.flags[]", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "1.1.0"),
    ("linux.seccomp.architectures[]", "SCMP_ARCH_RISCV64", "1.1.0"),
    ("linux.seccomp.architectures[]", "SCMP_ARCH_LOONGARCH64", "1.2.1"),
    ("linux.seccomp.architectures[]", "SCMP_ARCH_M68K", "1.2.1"),
    ("linux.seccomp.architectures[]", "SCMP_ARCH_SH", "1.2.1"),
    ("linux.seccomp.architectures[]", "SCMP_ARCH_SHEB", "1.2.1"),
    ("mounts[].options[]", "idmap", "1.2.0"),
    ("mounts[].options[]", "ridmap", "1.2.0"),
];

/// The lowest version that has everything in the document: runtimes refuse what is newer than they are.
pub fn lowest(document: &Value) -> &'static str {
    needs(document).into_iter().map(|(version, _)| version).max_by_key(|version| age(version)).unwrap_or(VERSIONS[0])
}

/// Checks that the document's own `ociVersion` has everything in it.
///
/// # Errors
/// A [`Mistake`] at the field that is too new, or at a version that does not exist.
pub fn check(document: &Value) -> Result<(), Mistake> {
    for asked in places::find(document, "ociVersion") {
        let Some(age_asked) = age(asked.string()?) else {
            return Err(
                asked.unwanted(&format!("one of {}", VERSIONS.map(|version| format!("\"{version}\"")).join(", ")))
            );
        };
        for (version, mistaken) in needs(document) {
            if age(version) > Some(age_asked) {
                let problem =
                    format!("is new in version {version} of the spec, but {} is {}", asked.path(), asked.value());
                return Err(Mistake::new(mistaken.path(), problem));
            }
        }
    }
    Ok(())
}

fn needs(document: &Value) -> Vec<(&'static str, crate::field::Field<'_>)> {
    let fields = FIELDS
        .iter()
        .flat_map(|(pattern, version)| places::find(document, pattern).into_iter().map(move |field| (*version, field)));
    let values = VALUES.iter().flat_map(|(pattern, value, version)| {
        places::find(document, pattern)
            .into_iter()
            .filter(move |field| field.value() == value)
            .map(move |field| (*version, field))
    });
    fields.chain(values).collect()
}

fn age(version: &str) -> Option<usize> {
    VERSIONS.iter().position(|known| *known == version)
}
