//! Device nodes, and the rules for which devices may be used (config-linux.md, "Devices" and "Allowed Device list").

use serde_json::Value;

use super::relations::sibling;
use super::values::number;
use super::{check, places};
use crate::field::Mistake;

/// The most that Linux has of each number: 12 bits for a driver, 20 for its devices (`dev_t`, the kernel's `linux/kdev_t.h`).
const NUMBERS: [(&str, i128); 2] = [("major", 0xfff), ("minor", 0xf_ffff)];

/// Takes -1 out of the rules, where it means all devices, as leaving the number out does: runc takes both, crun only that.
pub fn write(document: &mut Value) {
    for rule in places::find_mut(document, "linux.resources.devices[]").into_iter().filter_map(Value::as_object_mut) {
        for (name, _) in NUMBERS {
            if rule.get(name).is_some_and(|number| number.as_i64() == Some(-1)) {
                rule.remove(name);
            }
        }
    }
}

/// Checks nodes and rules.
///
/// # Errors
/// The first [`Mistake`].
pub fn check(document: &Value) -> Result<(), Mistake> {
    nodes(document)?;
    rules(document)
}

/// `major` and `minor` are required unless the type is `p`. mknod(2) takes no others than Linux has, and what runc makes of them
/// is another device.
fn nodes(document: &Value) -> Result<(), Mistake> {
    for device in places::find(document, "linux.devices[]") {
        if sibling(&device, "type").is_some_and(|kind| kind.value() == "p") {
            continue;
        }
        if let Some((name, _)) = NUMBERS.iter().find(|(name, _)| sibling(&device, name).is_none()) {
            return Err(check::missing(device.path(), name));
        }
        for (name, most) in NUMBERS {
            if let Some(field) = sibling(&device, name).filter(|field| !within(number(field), most)) {
                return Err(field.unwanted(&format!("an integer from 0 to {most}")));
            }
        }
    }
    Ok(())
}

/// `access` is optional in the spec, but no runtime says what a rule without it means: the kernel refuses it.
fn rules(document: &Value) -> Result<(), Mistake> {
    const ACCESS: &str = "some of the letters r, w and m, such as \"rwm\"";
    for rule in places::find(document, "linux.resources.devices[]") {
        match sibling(&rule, "access") {
            Some(access) if access.value() == "" => return Err(access.unwanted(ACCESS)),
            Some(_) => {}
            None => {
                let problem = format!("missing; runtimes refuse a rule without it, so say {ACCESS}");
                return Err(Mistake::new(&rule.path().attribute("access"), problem));
            }
        }
        for (name, _) in NUMBERS {
            // The kernel reads 32 bits.
            if let Some(field) = sibling(&rule, name).filter(|field| !within(number(field), u32::MAX.into())) {
                let want = format!("an integer from 0 to {}; leave it out for all devices", u32::MAX);
                return Err(field.unwanted(&want));
            }
        }
    }
    Ok(())
}

fn within(number: Option<i128>, most: i128) -> bool {
    number.is_some_and(|number| (0..=most).contains(&number))
}
