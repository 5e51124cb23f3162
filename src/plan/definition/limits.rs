//! The argument `limits`: how much of the host the container gets (config-linux.md, "Control groups").

use serde_json::{Map, Value, json};

use crate::plan::diagnostics::{ArgumentError, Field};

/// The limits, as config.json has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory, in bytes.
    memory: Option<u64>,
    /// Time of processors, in microseconds of each [`PERIOD`].
    cpu_quota: Option<u64>,
    /// Processes and threads.
    pids: Option<u64>,
}

/// The kernel's and Docker's, in microseconds.
const PERIOD: u32 = 100_000;

/// With less memory than this, a runtime itself may not come to the point where the program starts: it is Docker's minimum.
const LEAST_MEMORY: u64 = 6 << 20;

/// The kernel takes no quota of less than a millisecond (`min_cfs_quota_period`).
const LEAST_CPUS: f64 = 0.01;

/// As many as Linux can be built for (`NR_CPUS` of x86 and arm64 is lower).
const MOST_CPUS: f64 = 8192.0;

/// The kernel's `PID_MAX_LIMIT`.
const MOST_PIDS: u64 = 1 << 22;

/// Units by the letter that stands behind a number, as powers of 2.
const UNITS: [(char, u32); 4] = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];

impl Limits {
    /// Decodes the argument.
    ///
    /// # Errors
    /// An [`ArgumentError`] at the limit that is wrong.
    pub fn decode(field: &Field<'_>) -> Result<Self, ArgumentError> {
        field.only(&["memory", "cpus", "pids"], "limit")?;
        Ok(Self {
            memory: field.get("memory")?.map(|memory| decode_memory(&memory)).transpose()?,
            cpu_quota: field.get("cpus")?.map(|cpus| decode_cpus(&cpus)).transpose()?,
            pids: field.get("pids")?.map(|pids| decode_pids(&pids)).transpose()?,
        })
    }

    /// What they are in `linux.resources`.
    pub fn resources(self) -> Map<String, Value> {
        let cpu = |quota| json!({ "quota": quota, "period": PERIOD });
        let limit = |limit| json!({ "limit": limit });
        let fields =
            [("cpu", self.cpu_quota.map(cpu)), ("memory", self.memory.map(limit)), ("pids", self.pids.map(limit))];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

fn decode_memory(field: &Field<'_>) -> Result<u64, ArgumentError> {
    let bytes = match field.value().as_str() {
        Some(text) => bytes(text).ok_or_else(|| {
            let near = text.trim_end_matches(['b', 'B', 'i', ' ']);
            let hint = bytes(near).map(|_| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            field.unwanted(&format!("a number of bytes, with K, M, G or T for units of 1024, such as \"512M\"{hint}"))
        })?,
        None => field
            .value()
            .as_u64()
            .filter(|bytes| i64::try_from(*bytes).is_ok())
            .ok_or_else(|| field.unwanted("a string such as \"512M\", or a number of bytes"))?,
    };
    if bytes < LEAST_MEMORY {
        return Err(field.unwanted("at least \"6M\", with which a container starts; is the unit missing?"));
    }
    Ok(bytes)
}

/// The bytes that a text means. No file has more than fit into 63 bits, nor has the specification.
fn bytes(text: &str) -> Option<u64> {
    let unit = UNITS.into_iter().find_map(|(unit, power)| {
        let number = text.strip_suffix([unit, unit.to_ascii_lowercase()])?;
        Some((number, power))
    });
    let (number, power) = unit.unwrap_or((text, 0));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = is_number.then_some(number)?.parse::<u64>().ok()?.checked_mul(1 << power)?;
    i64::try_from(bytes).is_ok().then_some(bytes)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between a thousand and a billion")]
fn decode_cpus(field: &Field<'_>) -> Result<u64, ArgumentError> {
    let cpus = field.value().as_f64().filter(|cpus| (LEAST_CPUS..=MOST_CPUS).contains(cpus));
    let cpus = cpus.ok_or_else(|| {
        field.unwanted(&format!("a number of processors from {LEAST_CPUS} to {MOST_CPUS}, such as 1.5"))
    })?;
    Ok((cpus * f64::from(PERIOD)).round() as u64)
}

fn decode_pids(field: &Field<'_>) -> Result<u64, ArgumentError> {
    let pids = field.value().as_u64().filter(|pids| (1..=MOST_PIDS).contains(pids));
    pids.ok_or_else(|| field.unwanted(&format!("a number of processes, an integer from 1 to {MOST_PIDS}")))
}

#[cfg(test)]
mod tests;
