//! The rules for which devices may be used (config-linux.md, "Allowed Device list").

use crate::plan::runtime_config::RuntimeConfig;

/// The most that Linux has of each number: 12 bits for a driver, 20 for its devices (`dev_t`, the kernel's `linux/kdev_t.h`).
pub const NUMBERS: [(&str, i128); 2] = [("major", 0xfff), ("minor", 0xf_ffff)];

/// Takes -1 out of the rules, where it means all devices, as leaving the number out does: runc takes both, crun only that.
pub fn normalize(config: &mut RuntimeConfig) {
    for rule in config.objects_mut("linux.resources.devices[]") {
        for (name, _) in NUMBERS {
            if rule.get(name).is_some_and(|number| number.as_i64() == Some(-1)) {
                rule.remove(name);
            }
        }
    }
}
