//! Limits that no runtime can set, or that contradict each other (config-linux.md, "Memory" and "CPU"; config.md, "POSIX
//! process").

use crate::plan::diagnostics::{ArgumentError, Field};
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::validate::values::number;

/// Checks the limits of the process and of the container.
///
/// # Errors
/// The first [`ArgumentError`].
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    open_files(config)?;
    memory(config)?;
    cpu(config)
}

/// setrlimit(2) refuses more open files than `fs.nr_open`, which is 1048576 unless the host says otherwise, and at most this
/// (the kernel's fs/file.c, `sysctl_nr_open_max`): there is no infinity.
fn open_files(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    const MOST: i128 = (i32::MAX as i128) & !63;
    for rlimit in config.find("process.rlimits[]") {
        let is_it = rlimit.find("type").is_some_and(|kind| kind.value() == "RLIMIT_NOFILE");
        if let Some(hard) = rlimit.find("hard").filter(|hard| is_it && number(hard) > Some(MOST)) {
            let want = format!(
                "an integer that is at most the host's fs.nr_open, such as 1048576, and never more than {MOST}"
            );
            return Err(hard.unwanted(&want));
        }
    }
    Ok(())
}

/// `swap` counts memory and swap together, so it says nothing without a limit of memory, and is no lower than that.
fn memory(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for memory in config.find("linux.resources.memory") {
        let Some(swap) = memory.find("swap").filter(|swap| number(swap) > Some(0)) else { continue };
        match memory.find("limit") {
            Some(limit) if number(&limit) > Some(0) => {
                if number(&swap) < number(&limit) {
                    let want = format!("at least {}: 'swap' limits memory and swap together", at(&limit));
                    return Err(swap.unwanted(&want));
                }
            }
            _ => {
                let limit = memory.path().attribute("limit");
                let problem = format!("without {limit}; set that too: 'swap' limits memory and swap together");
                return Err(swap.rejected(&problem));
            }
        }
    }
    Ok(())
}

/// `burst` is no larger than a positive `quota`, which is at least a millisecond (the kernel's
/// Documentation/scheduler/sched-bwc.rst).
fn cpu(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for cpu in config.find("linux.resources.cpu") {
        let Some(quota) = cpu.find("quota").filter(|quota| number(quota) > Some(0)) else { continue };
        if number(&quota) < Some(1000) {
            let want = "an integer that is at least 1000; it is in microseconds, and -1 is no limit";
            return Err(quota.unwanted(want));
        }
        if let Some(burst) = cpu.find("burst").filter(|burst| number(burst) > number(&quota)) {
            return Err(burst.unwanted(&format!("at most {}", at(&quota))));
        }
    }
    Ok(())
}

/// A field and its value.
fn at(field: &Field<'_>) -> String {
    format!("{}, which is {}", field.path(), field.value())
}
