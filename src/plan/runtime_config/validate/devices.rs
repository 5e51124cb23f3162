//! Device nodes, and the rules for which devices may be used (config-linux.md, "Devices" and "Allowed Device list").

use crate::plan::diagnostics::ArgumentError;
use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::validate::shape;
use crate::plan::runtime_config::validate::values::number;

use crate::plan::runtime_config::devices::NUMBERS;

/// Checks nodes and rules.
///
/// # Errors
/// The first [`ArgumentError`].
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    nodes(config)?;
    rules(config)
}

/// `major` and `minor` are required unless the type is `p`. mknod(2) takes no others than Linux has, and what runc makes of them
/// is another device.
fn nodes(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for device in config.find("linux.devices[]") {
        if device.find("type").is_some_and(|kind| kind.value() == "p") {
            continue;
        }
        if let Some((name, _)) = NUMBERS.iter().find(|(name, _)| device.find(name).is_none()) {
            return Err(shape::missing(device.path(), name));
        }
        for (name, most) in NUMBERS {
            if let Some(field) = device.find(name).filter(|field| !within(number(field), most)) {
                return Err(field.unwanted(&format!("an integer from 0 to {most}")));
            }
        }
    }
    Ok(())
}

/// `access` is optional in the spec, but no runtime says what a rule without it means: the kernel refuses it.
fn rules(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    const ACCESS: &str = "some of the letters r, w and m, such as \"rwm\"";
    for rule in config.find("linux.resources.devices[]") {
        match rule.find("access") {
            Some(access) if access.value() == "" => return Err(access.unwanted(ACCESS)),
            Some(_) => {}
            None => {
                let problem = format!("missing; runtimes refuse a rule without it; want {ACCESS}");
                return Err(ArgumentError::new(&rule.path().attribute("access"), problem));
            }
        }
        for (name, _) in NUMBERS {
            // The kernel reads 32 bits.
            if let Some(field) = rule.find(name).filter(|field| !within(number(field), u32::MAX.into())) {
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
