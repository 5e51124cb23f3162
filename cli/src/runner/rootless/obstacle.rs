//! What keeps an ordinary user from making namespaces: settings of the kernel, and profiles of `AppArmor`.

use std::fs;

use anyhow::{Error, Result, anyhow};

/// Settings that do, each with the value that does. The last one is Ubuntu's, from 24.04 on.
const SETTINGS: [(&str, &str); 3] = [
    ("kernel.unprivileged_userns_clone", "0"),
    ("user.max_user_namespaces", "0"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1"),
];

/// The result of something that takes a user namespace. If it has failed, the error says what is in the way.
///
/// # Errors
/// That of the result.
pub fn explain<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| explained(error, &find().unwrap_or_default()))
}

fn explained(error: Error, obstacle: &str) -> Error {
    if obstacle.is_empty() { error } else { anyhow!("{error:#}; {obstacle}") }
}

/// The first of the settings, or the profile that confines this process: one that allows nothing else is put on whoever makes a
/// user namespace.
fn find() -> Option<String> {
    let is_set = |(name, value): &(&str, &str)| {
        let file = format!("/proc/sys/{}", name.replace('.', "/"));
        fs::read_to_string(file).is_ok_and(|text| text.trim() == *value)
    };
    if let Some((name, value)) = SETTINGS.iter().find(|setting| is_set(setting)) {
        let other = if *value == "0" { "another value" } else { "0" };
        return Some(format!("this host has {name} = {value}; root can set it to {other} with sysctl"));
    }
    let confined = fs::read_to_string("/proc/self/attr/apparmor/current").ok()?;
    confining_profile(&confined).map(|profile| format!("AppArmor confines this process by the profile '{profile}'"))
}

/// The name of the profile, without its mode.
fn confining_profile(current: &str) -> Option<&str> {
    let name = current.trim().trim_end_matches(" (enforce)");
    (!name.is_empty() && name != "unconfined" && !name.ends_with(')')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_in_force_confines() {
        assert_eq!(confining_profile("unprivileged_userns (enforce)\n"), Some("unprivileged_userns"));
        for current in ["unconfined\n", "", "odd (complain)\n", "odd (unconfined)\n"] {
            assert_eq!(confining_profile(current), None, "{current}");
        }
    }

    #[test]
    fn an_error_ends_with_what_is_in_the_way() {
        let error = anyhow!("not permitted").context("writing");
        assert_eq!(format!("{:#}", explained(error, "so it is")), "writing: not permitted; so it is");
    }
}
