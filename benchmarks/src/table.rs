//! Tables in Markdown.

use std::fmt;

/// A table, by rows; the first one is its head.
pub struct Table(Vec<Vec<String>>);

impl Table {
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self(vec![head.map(str::to_owned).to_vec()])
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.0.iter().enumerate() {
            writeln!(f, "| {} |", row.join(" | "))?;
            if index == 0 {
                writeln!(f, "|{}", " --- |".repeat(row.len()))?;
            }
        }
        Ok(())
    }
}

/// A time in the unit that reads best, with two or three digits that mean something.
pub fn seconds(time: f64) -> String {
    let (value, unit) = match time {
        1.0.. => (time, "s"),
        1e-3..1.0 => (time * 1e3, "ms"),
        _ => (time * 1e6, "µs"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_unit_that_reads_best() {
        for (time, text) in [(12.34, "12.3 s"), (1.0, "1.00 s"), (0.1234, "123 ms"), (0.000_012_3, "12.3 µs")] {
            assert_eq!(seconds(time), text);
        }
    }

    #[test]
    fn a_table_has_a_line_under_its_head() {
        let mut table = Table::new(["a", "b"]);
        table.row(["1".to_owned(), "2".to_owned()]);
        assert_eq!(table.to_string(), "| a | b |\n| --- | --- |\n| 1 | 2 |\n");
    }
}
