//! Numbers of 64 bits without a sign, of which Nix has only the lower half.

use serde_json::Value;

use crate::plan::runtime_config::RuntimeConfig;
use crate::plan::runtime_config::schema::{self, Kind};

/// Writes such numbers as they are meant: a string of digits is that number, and a negative integer the one with the same bits
/// (two's complement), as `builtins.fromJSON` reads it, and as -1 is `RLIM_INFINITY` (getrlimit(2)).
///
/// A field that has to be smaller anyway takes no negative integer, which could only be a mistake there.
pub fn normalize(config: &mut RuntimeConfig) {
    for place in schema::places() {
        let Kind::Unsigned(_, most) = place.kind else { continue };
        let is_small = most < u64::MAX.into();
        for value in config.find_mut(place.path) {
            if let Some(number) = value.as_str().and_then(parsed) {
                *value = number.into();
            } else if let Some(number) = value.as_i64().filter(|number| *number < 0 && !is_small) {
                *value = u64::from_ne_bytes(number.to_ne_bytes()).into();
            }
        }
    }
}

/// The number that a string is: digits alone, and no zero before others, which would be octal elsewhere.
fn parsed(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// What helps where this value is none of these numbers.
pub fn hint(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if number.as_f64().is_some_and(|number| number >= 2_f64.powi(63)) => {
            "; Nix rounds integers from 2^63 on, so write the digits as a string, such as \"18446744073709551615\""
        }
        Value::String(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            "; a string of digits holds at most 18446744073709551615, without leading zeros"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests;
