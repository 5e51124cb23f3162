//! Text that comes from others, made safe to show on a terminal: on one line, in the order in which it stands.

use std::fmt::Write as _;

/// Whether a terminal or a reader could take the character for something else than text: controls (Unicode's category Cc), line
/// and paragraph separators, marks that change the direction of what follows (UAX #9, "Bidirectional Algorithm", 2), and what
/// cannot be seen (`Default_Ignorable_Code_Point`, UAX #44), but for what joins letters and parts of pictures.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such characters as Rust writes them, `\n` or `\u{202e}`.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// The error and its causes, outermost first, after the name of the program or function that the user called.
pub fn one_line(name: &str, error: &anyhow::Error) -> String {
    format!("{name}: {}", escaped(&format!("{error:#}")))
}

/// A JSON document with such characters as JSON writes them, `\u202e` (RFC 8259, section 7). It means the same: but for the
/// line feeds between values, which stay, they can only stand inside strings.
pub fn escaped_json(document: &str) -> String {
    let mut safe = String::with_capacity(document.len());
    for c in document.chars() {
        if c != '\n' && is_deceptive(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests;
