//! The one signal in a document: the one that is to stop the container.

use crate::plan::diagnostics::{ArgumentError, nearest};
use crate::plan::runtime_config::RuntimeConfig;

/// The annotation that has it (config.md, "Annotations").
const ANNOTATION: &str = "org.opencontainers.image.stopSignal";

/// Source: signal(7), those of Linux.
const SIGNALS: [&str; 37] = [
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGRTMAX",
    "SIGRTMIN",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGUNUSED",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
];

/// The C library keeps two of the kernel's 33 real-time signals for itself (signal(7), "Real-time signals").
const REAL_TIME: u8 = 30;

/// Checks the signal, which is as the image spec's `config.StopSignal`: a name such as `SIGKILL` or `SIGRTMIN+3`. A number,
/// as in many an image, is as good to those that read it.
///
/// # Errors
/// An [`ArgumentError`] if there is no such signal.
pub fn check(config: &RuntimeConfig) -> Result<(), ArgumentError> {
    for annotations in config.find("annotations") {
        let Some(signal) = annotations.get(ANNOTATION)? else { continue };
        let name = signal.string()?;
        if !is_signal(name) {
            let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic());
            let full = nearest(&format!("SIG{name}"), &SIGNALS).filter(|_| is_word);
            let near = nearest(name, &SIGNALS).or(full);
            let hint = near.map(|near| format!("; did you mean \"{near}\"?"));
            let want = format!("a signal of signal(7), such as \"SIGTERM\"{}", hint.unwrap_or_default());
            return Err(signal.unwanted(&want));
        }
    }
    Ok(())
}

fn is_signal(text: &str) -> bool {
    let within = |number: &str, last: u8| number.parse().is_ok_and(|number: u8| (1..=last).contains(&number));
    let real_time = [text.strip_prefix("SIGRTMIN+"), text.strip_prefix("SIGRTMAX-")];
    SIGNALS.contains(&text)
        || within(text, 64)
        || real_time.into_iter().flatten().any(|offset| within(offset, REAL_TIME) && !offset.starts_with('+'))
}

#[cfg(test)]
mod tests;
