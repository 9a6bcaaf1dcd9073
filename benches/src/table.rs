//! Figures beside their bounds.

use crate::ratios::duration;
use crate::turns::Ratio;

/// Lines of equal columns.
#[derive(Debug)]
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// A table whose first line names the columns.
    #[must_use]
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self(vec![columns.map(str::to_owned).into()])
    }

    /// One more line.
    pub fn line<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into());
    }

    /// Prints it under a title.
    pub fn print(&self, title: &str) {
        println!("\n{title}");
        let width = |column: usize| self.0.iter().map(|line| line[column].len()).max().unwrap_or_default();
        for line in &self.0 {
            let cells = line.iter().enumerate().map(|(column, cell)| match column {
                0 => format!("{cell:<width$}", width = width(column)),
                _ => format!("{cell:>width$}", width = width(column)),
            });
            println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

/// What a figure should not exceed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    /// This.
    AtMost(f64),
    /// Nobody has said.
    None,
}

impl Bound {
    /// The bound of a ratio, and whether it is kept.
    #[must_use]
    pub fn of(self, ratio: f64) -> String {
        self.show(ratio, |bound| format!("{bound:.2}x"))
    }

    /// The bound of a time, and whether it is kept.
    #[must_use]
    pub fn of_time(self, nanoseconds: f64) -> String {
        self.show(nanoseconds, duration)
    }

    fn show(self, figure: f64, name: impl Fn(f64) -> String) -> String {
        match self {
            Bound::AtMost(bound) if figure <= bound => format!("<= {}  kept  ", name(bound)),
            Bound::AtMost(bound) => format!("<= {}  MISSED", name(bound)),
            Bound::None => String::new(),
        }
    }
}

/// A time.
#[must_use]
pub fn time(nanoseconds: f64) -> String {
    duration(nanoseconds)
}

/// A ratio, with the quartiles of the rounds.
#[must_use]
pub fn ratio(ratio: Ratio) -> String {
    format!("{:.2}x ({:.2}..{:.2})", ratio.median, ratio.low, ratio.high)
}
