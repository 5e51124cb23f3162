//! What a single value has to be, where the table of the spec does not say.

use crate::plan::definition::process::LONGEST_HOSTNAME;
use crate::plan::diagnostics::{ArgumentError, Field};
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::validate::signals;

/// Paths that the spec wants absolute: config.md, "POSIX-platform Hooks"; config-linux.md, "Namespaces", "Devices", "Masked
/// Paths" and "Readonly Paths"; config-vm.md; config-zos.md, "Namespaces".
const ABSOLUTE: [&str; 15] = [
    "hooks.prestart[].path",
    "hooks.createRuntime[].path",
    "hooks.createContainer[].path",
    "hooks.startContainer[].path",
    "hooks.poststart[].path",
    "hooks.poststop[].path",
    "linux.namespaces[].path",
    "linux.devices[].path",
    "linux.maskedPaths[]",
    "linux.readonlyPaths[]",
    "vm.hypervisor.path",
    "vm.kernel.path",
    "vm.kernel.initrd",
    "vm.image.path",
    "zos.namespaces[].path",
];

/// Lists that are not empty: config.md, "Process"; config-linux.md, "Seccomp"; config-windows.md, "`LayerFolders`".
const NOT_EMPTY: [&str; 3] = ["process.args", "linux.seccomp.syscalls[].names", "windows.layerFolders"];

/// Whether a text has the form wanted.
type Form = fn(&str) -> bool;

/// Strings of a form, with what is wanted.
const FORMS: [(&str, Form, &str); 13] = [
    // sethostname(2), setdomainname(2).
    ("hostname", is_host_name, "at most 64 bytes"),
    ("domainname", is_host_name, "at most 64 bytes"),
    // config.md, "Linux Process"; config-linux.md, "CPU" and "Memory policy".
    ("process.execCPUAffinity.initial", is_list_of_numbers, NUMBERS),
    ("process.execCPUAffinity.final", is_list_of_numbers, NUMBERS),
    ("linux.resources.cpu.cpus", is_list_of_numbers, NUMBERS),
    ("linux.resources.cpu.mems", is_list_of_numbers, NUMBERS),
    ("linux.memoryPolicy.nodes", is_list_of_numbers, NUMBERS),
    // config-linux.md, "Allowed Device list".
    ("linux.resources.devices[].access", is_access, "some of the letters r, w and m, such as \"rwm\""),
    // config-linux.md, "Huge page limits", and the schema's pattern.
    ("linux.resources.hugepageLimits[].pageSize", is_page_size, "a number and KB, MB or GB, such as \"2MB\""),
    // config-linux.md, "IntelRdt".
    ("linux.intelRdt.memBwSchema", is_bandwidth, "one line that starts with MB:, such as \"MB:0=20;1=70\""),
    ("linux.intelRdt.schemata[]", is_line, "one line"),
    // A folder of resctrl, of which "/" is the root; runc takes no other with a slash.
    ("linux.intelRdt.closID", is_class, "the name of a directory, or \"/\""),
    // What the kernel's dev_valid_name takes, and runc after it.
    ("linux.resources.network.priorities[].name", is_interface, INTERFACE),
];

const NUMBERS: &str = "numbers and ranges of numbers, such as \"0-3,7\"";
const INTERFACE: &str = "the name of a network interface: 1 to 15 bytes without white space, '/' or ':'";

/// Checks every value that stands alone.
///
/// # Errors
/// The first [`ArgumentError`].
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for pattern in ABSOLUTE {
        for path in config.find(pattern) {
            if !path.string()?.starts_with('/') {
                return Err(path.unwanted("an absolute path"));
            }
        }
    }
    for pattern in NOT_EMPTY {
        for list in config.find(pattern) {
            if list.list()?.is_empty() {
                return Err(list.unwanted("at least one element"));
            }
        }
    }
    for (pattern, is_right, want) in FORMS {
        for field in config.find(pattern) {
            if !is_right(field.string()?) {
                return Err(field.unwanted(want));
            }
        }
    }
    names(config)?;
    signals::check(config)
}

/// The value as a number, of whichever of the spec's types.
pub fn number(field: &Field<'_>) -> Option<i128> {
    let value = field.value();
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

/// Checks the names of attributes that the user can choose.
fn names(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for (pattern, is_right, want) in [
        // config.md, "Annotations": a key is not empty.
        ("annotations", (|name| !name.is_empty()) as Form, "a name that is not empty"),
        // config-linux.md, "Unified": a file of the cgroup; runc and crun take no other.
        ("linux.resources.unified", |name| !name.is_empty() && !name.contains('/'), "the name of a file without '/'"),
        ("linux.netDevices", is_interface, INTERFACE),
        // A file below /proc/sys.
        ("linux.sysctl", is_parameter, "the name of a kernel parameter, such as \"net.ipv4.ip_forward\""),
    ] {
        for map in config.find(pattern) {
            for (name, value) in map.attributes()? {
                if !is_right(name) {
                    return Err(ArgumentError::new(value.path(), format!("found this name, want {want}")));
                }
            }
        }
    }
    for devices in config.find("linux.netDevices") {
        for (_, device) in devices.attributes()? {
            if let Some(name) = device.get("name")?.filter(|name| !name.value().as_str().is_some_and(is_new_interface))
            {
                return Err(name.unwanted(INTERFACE));
            }
        }
    }
    Ok(())
}

fn is_host_name(text: &str) -> bool {
    text.len() <= LONGEST_HOSTNAME
}

/// As in cpuset(7), "List format"; spaces and the empty list are in the schema's pattern.
fn is_list_of_numbers(text: &str) -> bool {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let is_range = |part: &str| match part.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
        None => number(part).is_some(),
    };
    text.trim().is_empty() || text.split(',').all(is_range)
}

fn is_access(text: &str) -> bool {
    text.chars().all(|letter| "rwm".contains(letter))
}

fn is_page_size(text: &str) -> bool {
    ["KB", "MB", "GB"].iter().filter_map(|unit| text.strip_suffix(unit)).any(|number| {
        number.starts_with(|first: char| first.is_ascii_digit() && first != '0')
            && number.chars().all(|digit| digit.is_ascii_digit())
    })
}

fn is_line(text: &str) -> bool {
    !text.contains('\n')
}

fn is_bandwidth(text: &str) -> bool {
    text.starts_with("MB:") && is_line(text)
}

fn is_class(text: &str) -> bool {
    text == "/" || !(text.contains('/') || [".", ".."].contains(&text))
}

fn is_parameter(text: &str) -> bool {
    text.split(['.', '/']).all(|part| !part.is_empty())
}

fn is_interface(text: &str) -> bool {
    let is_letter = |letter: char| !letter.is_ascii_whitespace() && !"/:".contains(letter);
    (1..16).contains(&text.len()) && text.chars().all(is_letter) && ![".", ".."].contains(&text)
}

/// An empty new name is none, as in the spec's other strings that are optional.
fn is_new_interface(text: &str) -> bool {
    text.is_empty() || is_interface(text)
}

#[cfg(test)]
mod tests;
