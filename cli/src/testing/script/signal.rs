//! Names of signals.

use rustix::process::Signal;

/// Those that one process sends to another one (signal(7)).
const NAMES: [(&str, Signal); 14] = [
    ("ABRT", Signal::ABORT),
    ("ALRM", Signal::ALARM),
    ("CONT", Signal::CONT),
    ("HUP", Signal::HUP),
    ("INT", Signal::INT),
    ("KILL", Signal::KILL),
    ("PIPE", Signal::PIPE),
    ("QUIT", Signal::QUIT),
    ("STOP", Signal::STOP),
    ("TERM", Signal::TERM),
    ("TSTP", Signal::TSTP),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("WINCH", Signal::WINCH),
];

/// A signal by its name, with or without SIG, or by its number.
///
/// # Errors
/// What is none.
pub fn parse(text: &str) -> Result<i32, String> {
    let name = text.to_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, signal)| signal.as_raw());
    let numbered = || text.parse().ok().filter(|number| Signal::from_named_raw(*number).is_some());
    named.or_else(numbered).ok_or_else(|| {
        let known: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("want a number, or one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_signal_has_names_and_a_number() {
        for text in ["TERM", "SIGTERM", "term", "15"] {
            assert_eq!(parse(text), Ok(15), "{text}");
        }
        for text in ["", "SIG", "0", "-15", "TREM", "999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
