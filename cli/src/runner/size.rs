//! The size of a file system in memory.

use std::fmt;
use std::str::FromStr;

/// How much it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// So many bytes.
    Bytes(u64),
    /// So many hundredths of the machine's memory.
    Percent(u8),
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| format!("found '{text}', want a size above 0, such as 512M, 2G or 50%"))
    }
}

fn parse(text: &str) -> Option<Size> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    // For a tmpfs, 0 is no limit at all.
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    let power = match unit.to_ascii_lowercase().as_str() {
        "%" => return u8::try_from(number).ok().filter(|percent| *percent <= 100).map(Size::Percent),
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return None,
    };
    // The kernel counts in signed numbers.
    number.checked_mul(1 << (10 * power)).filter(|bytes| i64::try_from(*bytes).is_ok()).map(Size::Bytes)
}

/// As the option `size=` of a tmpfs takes it (tmpfs(5)).
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{bytes}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_a_unit() {
        for (text, size) in [
            ("1", "1"),
            ("4096b", "4096"),
            ("64k", "65536"),
            ("512M", "536870912"),
            ("2G", "2147483648"),
            ("1GiB", "1073741824"),
            ("8388607t", "9223370937343148032"),
            ("50%", "50%"),
            ("100%", "100%"),
        ] {
            assert_eq!(text.parse::<Size>().map(|size| size.to_string()), Ok(size.to_owned()));
        }
        for text in [
            "",
            "0",
            "0M",
            "0%",
            "101%",
            "256%",
            "M",
            "-1",
            "1.5G",
            "1 G",
            "1,nr_inodes=1",
            "8388608t",
            "99999999999999999999",
        ] {
            let problem = format!("found '{text}', want a size above 0, such as 512M, 2G or 50%");
            assert_eq!(text.parse::<Size>(), Err(problem));
        }
    }
}
