//! What hyperfine measured: several rounds, in each of which every way to copy ran once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The seconds of each way by its name, one for each round and in the rounds' order.
#[derive(Default)]
pub struct Rounds(BTreeMap<String, Vec<f64>>);

/// What hyperfine's `--export-json` writes, as far as it is needed.
#[derive(Deserialize)]
struct Report {
    results: Vec<Measurement>,
}

#[derive(Deserialize)]
struct Measurement {
    command: String,
    times: Vec<f64>,
}

impl Rounds {
    /// Reads a folder with hyperfine's report of each round. There is nothing in it for a folder that is not there.
    ///
    /// # Errors
    /// A file that cannot be read or is none of hyperfine's.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut rounds = Self::default();
        for number in 1.. {
            let file = folder.join(format!("{number}.json"));
            if !file.exists() {
                break;
            }
            let report: Report = serde_json::from_slice(&fs::read(&file)?)
                .with_context(|| format!("'{}' is not hyperfine's", file.display()))?;
            for Measurement { command, times } in report.results {
                rounds.0.entry(command).or_default().extend(times);
            }
        }
        Ok(rounds)
    }

    /// The seconds of one way, if it took part.
    pub fn of(&self, way: &str) -> Option<Sample> {
        self.0.get(way).cloned().map(Sample)
    }

    /// How many times the time of `base` each round of `way` took. As both ran right after each other, what slowed the
    /// machine down for a while slowed down both.
    pub fn ratio(&self, way: &str, base: &str) -> Option<Sample> {
        self.compare(way, base, |way, base| way / base)
    }

    /// How many seconds more than `base` each round of `way` took.
    pub fn difference(&self, way: &str, base: &str) -> Option<Sample> {
        self.compare(way, base, |way, base| way - base)
    }

    fn compare(&self, way: &str, base: &str, compared: impl Fn(f64, f64) -> f64) -> Option<Sample> {
        let pairs = self.0.get(way)?.iter().zip(self.0.get(base)?);
        Some(Sample(pairs.map(|(way, base)| compared(*way, *base)).collect()))
    }

    /// How far the measurement furthest from its way's median is from that, as a part of it.
    pub fn noise(&self) -> f64 {
        let distances = self.0.values().flat_map(|times| {
            let median = Sample(times.clone()).median();
            times.iter().map(move |time| (time / median - 1.0).abs())
        });
        distances.fold(0.0, f64::max)
    }
}

/// Numbers of one kind.
pub struct Sample(Vec<f64>);

impl Sample {
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
    }

    pub fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub fn most(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round() {
        let slowed_down = [1.0, 10.0, 1.0];
        let rounds = Rounds(BTreeMap::from([
            ("a".to_owned(), slowed_down.to_vec()),
            ("b".to_owned(), slowed_down.map(|time| 2.0 * time).to_vec()),
        ]));
        let ratio = rounds.ratio("b", "a").unwrap();
        assert_eq!([ratio.least(), ratio.median(), ratio.most()], [2.0; 3]);
        assert_eq!(rounds.difference("b", "a").unwrap().median(), 1.0);
    }

    #[test]
    fn the_median_of_two_is_between_them() {
        assert_eq!(Sample(vec![3.0, 1.0]).median(), 2.0);
    }
}
