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

/// The first real-time signal that programs may use, and the last (signal(7), with glibc and musl).
const REAL_TIME: (i32, i32) = (34, 64);

/// A signal by its name, with or without SIG, or by its number. Real-time signals are such as `RTMIN+3` and `RTMAX-1`.
///
/// # Errors
/// What is none.
pub fn parse(text: &str) -> Result<i32, String> {
    let name = text.to_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, signal)| signal.as_raw());
    let is_real_time = |number: &i32| (REAL_TIME.0..=REAL_TIME.1).contains(number);
    let is_signal = |number: &i32| Signal::from_named_raw(*number).is_some() || is_real_time(number);
    let numbered = || text.parse().ok().filter(is_signal);
    named.or_else(|| real_time(name).filter(is_real_time)).or_else(numbered).ok_or_else(|| {
        let known: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("want a number, or one of {}", known.join(", "))
    })
}

/// A real-time signal by its distance from the first or the last.
fn real_time(name: &str) -> Option<i32> {
    let distance = |text: &str, sign| {
        let digits = text.strip_prefix(sign);
        if text.is_empty() { Some(0) } else { digits?.parse::<u8>().ok().map(i32::from) }
    };
    let up = || Some(REAL_TIME.0 + distance(name.strip_prefix("RTMIN")?, '+')?);
    let down = || Some(REAL_TIME.1 - distance(name.strip_prefix("RTMAX")?, '-')?);
    up().or_else(down)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_signal_has_names_and_a_number() {
        for text in ["TERM", "SIGTERM", "term", "15"] {
            assert_eq!(parse(text), Ok(15), "{text}");
        }
        for (text, number) in [("SIGRTMIN+3", 37), ("RTMIN", 34), ("RTMAX-1", 63), ("64", 64)] {
            assert_eq!(parse(text), Ok(number), "{text}");
        }
        for text in ["RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMINx", "33", "65", "", "SIG", "0", "-15", "TREM", "999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
