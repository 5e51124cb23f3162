//! Where oci-spec 0.10 and the spec differ, so that the check follows the spec.
//!
//! Source: oci-spec's `src/runtime` compared with the spec's schema, specs-go/config.go and text, v1.0.0 to v1.3.0.
// The types here are for decoding alone.
#![allow(dead_code)]

use serde::Deserialize;

use super::check::decode;
use crate::field::{Field, Mistake};

/// Decodes a value and says what is wrong with it.
type Decode = fn(&Field<'_>) -> Result<(), Mistake>;

/// Fields that are decoded as this module says: oci-spec has not got them, or takes less than the spec allows.
pub const HERE: [(&str, Decode); 12] = [
    // New in v1.3.0: config-freebsd.md, and config-vm.md, which specs-go spells in lower case.
    ("freebsd", decode::<FreeBsd>),
    ("vm.hwConfig", decode::<HwConfig>),
    ("vm.hwconfig", decode::<HwConfig>),
    // New in v1.2.1: config-windows.md, "CPU".
    ("windows.resources.cpu.affinity", decode_affinity),
    // In v1.1.0 and v1.2.0: config-zos.md, "Devices".
    ("zos.devices", decode::<Vec<ZosDevice>>),
    // Spelled `utilityVmPath`, `enableCmt` and `enableMbm` by oci-spec; the latter two are in v1.1.0 to v1.2.1.
    ("windows.hyperv.utilityVMPath", decode::<String>),
    ("linux.intelRdt.enableCMT", decode::<bool>),
    ("linux.intelRdt.enableMBM", decode::<bool>),
    // Two flags are spelled `SCHED_RESET_ON_FORK` and `SCHED_FLAG_D_L_OVERRUN` by oci-spec.
    ("process.scheduler.flags", decode::<Vec<SchedulerFlag>>),
    // Where oci-spec has neither the empty string nor spaces.
    ("process.execCPUAffinity.initial", decode::<String>),
    ("process.execCPUAffinity.final", decode::<String>),
    // Signed in oci-spec.
    ("linux.resources.hugepageLimits[].limit", decode::<u64>),
];

/// Fields that oci-spec has and the spec has not.
const NOT_FIELDS: [&str; 5] = [
    "gidMappings",
    "uidMappings",
    "linux.intelRdt.enableCmt",
    "linux.intelRdt.enableMbm",
    "windows.hyperv.utilityVmPath",
];

/// Values that oci-spec has and the spec has not.
const NOT_VALUES: [(&str, &str); 4] = [
    ("linux.devices[].type", "a"),
    ("linux.resources.devices[].type", "p"),
    ("linux.resources.devices[].type", "u"),
    ("linux.seccomp.architectures[]", "SCMP_ARCH_NATIVE"),
];

/// The fields of the spec in the object at `pattern`, where the decoder knows those in `decoded`.
pub fn fields<'n>(pattern: &str, decoded: &[&'n str]) -> Vec<&'n str> {
    let below = |path: &'n str| {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        (parent == pattern).then_some(name)
    };
    let foreign: Vec<_> = NOT_FIELDS.iter().filter_map(|path| below(path)).collect();
    let mut fields: Vec<_> = decoded.iter().copied().filter(|name| !foreign.contains(name)).collect();
    let here = HERE.iter().filter_map(|(path, _)| below(path));
    fields.extend(here.filter(|name| !decoded.contains(name)));
    fields
}

/// The values of the spec at `pattern`, where the decoder knows those in `decoded`.
pub fn values<'n>(pattern: &str, decoded: &[&'n str]) -> Vec<&'n str> {
    decoded.iter().copied().filter(|value| !NOT_VALUES.contains(&(pattern, value))).collect()
}

/// A list in the text and specs-go, an object in the schema: either is in the spec.
fn decode_affinity(field: &Field<'_>) -> Result<(), Mistake> {
    if field.value().is_object() { decode::<Affinity>(field) } else { decode::<Vec<Affinity>>(field) }
}

/// config-windows.md, "CPU".
#[derive(Deserialize)]
struct Affinity {
    mask: Option<u64>,
    group: Option<u32>,
}

/// config.md, "Linux Process".
#[derive(Deserialize)]
enum SchedulerFlag {
    #[serde(rename = "SCHED_FLAG_RESET_ON_FORK")]
    ResetOnFork,
    #[serde(rename = "SCHED_FLAG_RECLAIM")]
    Reclaim,
    #[serde(rename = "SCHED_FLAG_DL_OVERRUN")]
    DlOverrun,
    #[serde(rename = "SCHED_FLAG_KEEP_POLICY")]
    KeepPolicy,
    #[serde(rename = "SCHED_FLAG_KEEP_PARAMS")]
    KeepParams,
    #[serde(rename = "SCHED_FLAG_UTIL_CLAMP_MIN")]
    UtilClampMin,
    #[serde(rename = "SCHED_FLAG_UTIL_CLAMP_MAX")]
    UtilClampMax,
}

/// config-vm.md, "`HWConfig` Object".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HwConfig {
    device_tree: Option<String>,
    vcpus: Option<u32>,
    memory: Option<u64>,
    dtdevs: Option<Vec<String>>,
    iomems: Option<Vec<IoMemory>>,
    irqs: Option<Vec<u32>>,
}

#[derive(Deserialize)]
struct IoMemory {
    #[serde(rename = "firstGFN")]
    first_gfn: Option<u64>,
    #[serde(rename = "firstMFN")]
    first_mfn: u64,
    #[serde(rename = "nrMFNs")]
    count: u64,
}

/// config-zos.md of v1.2.0, "Devices".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZosDevice {
    path: String,
    #[serde(rename = "type")]
    kind: DeviceType,
    major: i64,
    minor: i64,
    file_mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum DeviceType {
    C,
    B,
    U,
    P,
}

/// config-freebsd.md.
#[derive(Deserialize)]
struct FreeBsd {
    devices: Option<Vec<FreeBsdDevice>>,
    jail: Option<Jail>,
}

#[derive(Deserialize)]
struct FreeBsdDevice {
    path: String,
    mode: Option<u32>,
}

/// config-freebsd.md, "Jail".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Jail {
    parent: Option<String>,
    host: Option<SharingUnlessDisabled>,
    ip4: Option<Sharing>,
    ip4_addr: Option<Vec<String>>,
    ip6: Option<Sharing>,
    ip6_addr: Option<Vec<String>>,
    vnet: Option<SharingUnlessDisabled>,
    interface: Option<String>,
    vnet_interfaces: Option<Vec<String>>,
    sysvmsg: Option<Sharing>,
    sysvsem: Option<Sharing>,
    sysvshm: Option<Sharing>,
    enforce_statfs: Option<u8>,
    allow: Option<Allowed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sharing {
    Disable,
    New,
    Inherit,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum SharingUnlessDisabled {
    New,
    Inherit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allowed {
    set_hostname: Option<bool>,
    raw_sockets: Option<bool>,
    chflags: Option<bool>,
    mount: Option<Vec<String>>,
    quotas: Option<bool>,
    socket_af: Option<bool>,
    mlock: Option<bool>,
    reserved_ports: Option<bool>,
    suser: Option<bool>,
}
