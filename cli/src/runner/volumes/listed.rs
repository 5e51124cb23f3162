//! A volume as `oci-bundle volume list` shows it.

use anyhow::Result;
use camino::Utf8PathBuf;
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;

use super::volumes_dir::{DATA, VolumesDir};

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedVolume {
    /// Its name.
    pub name: String,
    /// When it was made, in seconds since 1970.
    #[serde(skip)]
    pub created_at: i64,
    /// The same as RFC 3339 has it.
    pub created: String,
    /// Whether a container uses it.
    pub in_use: bool,
    /// The directory that containers see.
    pub path: Utf8PathBuf,
}

impl ListedVolume {
    /// All of them, by name. What is no volume is none.
    ///
    /// # Errors
    /// They cannot be looked at.
    pub fn all(directory: &VolumesDir) -> Result<Vec<Self>> {
        // A lock that is tried would be in the way of who removes it.
        let _guard = directory.lock(FlockOperation::LockShared)?;
        let mut all = Vec::new();
        for name in directory.names()? {
            let Ok(Some(found)) = directory.find(name.as_str()) else { continue };
            all.push(Self {
                name: name.to_string(),
                created_at: found.created,
                created: rfc3339(found.created),
                in_use: flock(&found.lock, FlockOperation::NonBlockingLockExclusive).is_err(),
                path: directory.path.join(name.as_str()).join(DATA),
            });
        }
        Ok(all)
    }
}

/// A time in UTC.
fn rfc3339(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date so many days after 1970-01-01, in the Gregorian calendar. A year starts in March here, so that a leap day is its last.
fn date(days: i64) -> (i64, i64, i64) {
    let from_zero = days + 719_468;
    let (era, of_era) = (from_zero.div_euclid(146_097), from_zero.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_and_a_time_of_day() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
