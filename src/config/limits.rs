//! Limits that no runtime can set, or that contradict each other (config-linux.md, "Memory" and "CPU"; config.md, "POSIX
//! process").

use serde_json::Value;

use super::places;
use super::relations::sibling;
use super::values::number;
use crate::field::{Field, Mistake};

/// Checks the limits of the process and of the container.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(document: &Value) -> Result<(), Mistake> {
    open_files(document)?;
    memory(document)?;
    cpu(document)
}

/// setrlimit(2) refuses more open files than `fs.nr_open`, which is 1048576 unless the host says otherwise, and at most this
/// (the kernel's fs/file.c, `sysctl_nr_open_max`): there is no infinity.
fn open_files(document: &Value) -> Result<(), Mistake> {
    const MOST: i128 = (i32::MAX as i128) & !63;
    for rlimit in places::find(document, "process.rlimits[]") {
        let is_it = sibling(&rlimit, "type").is_some_and(|kind| kind.value() == "RLIMIT_NOFILE");
        if let Some(hard) = sibling(&rlimit, "hard").filter(|hard| is_it && number(hard) > Some(MOST)) {
            let want = format!(
                "an integer that is at most the host's fs.nr_open, such as 1048576, and never more than {MOST}"
            );
            return Err(hard.unwanted(&want));
        }
    }
    Ok(())
}

/// `swap` counts memory and swap together, so it says nothing without a limit of memory, and is no lower than that.
fn memory(document: &Value) -> Result<(), Mistake> {
    for memory in places::find(document, "linux.resources.memory") {
        let Some(swap) = sibling(&memory, "swap").filter(|swap| number(swap) > Some(0)) else { continue };
        match sibling(&memory, "limit") {
            Some(limit) if number(&limit) > Some(0) => {
                if number(&swap) < number(&limit) {
                    let want = format!("at least {}, as it counts memory and swap together", at(&limit));
                    return Err(swap.unwanted(&want));
                }
            }
            _ => {
                let limit = memory.path().attribute("limit");
                let want = format!("none without {limit}, as it counts memory and swap together");
                return Err(swap.unwanted(&want));
            }
        }
    }
    Ok(())
}

/// `burst` is no larger than a positive `quota`, which is at least a millisecond (the kernel's
/// Documentation/scheduler/sched-bwc.rst).
fn cpu(document: &Value) -> Result<(), Mistake> {
    for cpu in places::find(document, "linux.resources.cpu") {
        let Some(quota) = sibling(&cpu, "quota").filter(|quota| number(quota) > Some(0)) else { continue };
        if number(&quota) < Some(1000) {
            let want = "an integer that is at least 1000; it is in microseconds, and -1 is no limit";
            return Err(quota.unwanted(want));
        }
        if let Some(burst) = sibling(&cpu, "burst").filter(|burst| number(burst) > number(&quota)) {
            return Err(burst.unwanted(&format!("at most {}", at(&quota))));
        }
    }
    Ok(())
}

/// A field and its value.
fn at(field: &Field<'_>) -> String {
    format!("{}, which is {}", field.path(), field.value())
}
