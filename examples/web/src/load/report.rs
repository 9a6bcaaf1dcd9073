//! What is printed.

use std::fmt::Write;
use std::time::Duration;

use super::action::Kind;
use super::subject::{Measured, Subject};

const LINES: [(&str, Option<Kind>); 5] = [
    ("all", None),
    ("front page", Some(Kind::Front)),
    ("lists", Some(Kind::List)),
    ("articles", Some(Kind::Detail)),
    ("writes", Some(Kind::Write)),
];

/// Both beside each other.
pub fn table(without: &Subject, with: &Subject) -> String {
    let (a, b) = (&without.measured, &with.measured);
    let mut table = String::new();
    let mut line = |name: &str, without: String, with: String, ratio: Option<f64>| {
        let ratio = ratio.map(|ratio| format!("{ratio:>8.2}x")).unwrap_or_default();
        let _ = writeln!(table, "{name:<32}{without:>12}{with:>12}{ratio}");
    };
    line("", without.name().to_owned(), with.name().to_owned(), None);
    let mut figure = |name: &str, figure: fn(&Measured) -> f64, digits: usize| {
        let [a, b] = [a, b].map(figure);
        line(name, format!("{a:.digits$}"), format!("{b:.digits$}"), Some(b / a));
    };
    figure("requests a second", Measured::requests_a_second, 0);
    figure("database statements a second", Measured::statements_a_second, 0);
    figure("database statements a request", Measured::statements_a_request, 2);
    for (name, kind) in LINES {
        for (quantile, share) in [("p50", 0.5), ("p99", 0.99)] {
            let [a, b] = [a, b].map(|measured| milliseconds(measured.quantile(kind, share)));
            line(&format!("{name}, {quantile}"), a, b, None);
        }
        if kind != Some(Kind::Write) {
            let [a, b] = [a, b].map(|measured| percent(measured.hits(kind)));
            line(&format!("{name}, from the cache alone"), a, b, None);
        }
    }
    let [a, b] = [without, with].map(|subject| subject.ledger().violations().len().to_string());
    line("answers older than a write", a, b, None);
    table
}

impl Measured {
    fn requests_a_second(&self) -> f64 {
        self.samples.len() as f64 / self.time.as_secs_f64()
    }

    fn statements_a_second(&self) -> f64 {
        self.statements as f64 / self.time.as_secs_f64()
    }

    fn statements_a_request(&self) -> f64 {
        self.statements as f64 / self.samples.len() as f64
    }

    /// The time within which this share was answered.
    fn quantile(&self, kind: Option<Kind>, share: f64) -> Duration {
        let samples = self.samples.iter().filter(|sample| kind.is_none_or(|kind| sample.kind == kind));
        let mut times: Vec<_> = samples.map(|sample| sample.time).collect();
        times.sort_unstable();
        times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default()
    }

    /// Of the pages, the share that the cache had all of.
    fn hits(&self, kind: Option<Kind>) -> f64 {
        let pages = self.samples.iter().filter(|sample| sample.kind != Kind::Write);
        let pages = pages.filter(|sample| kind.is_none_or(|kind| sample.kind == kind));
        let (all, hits) =
            pages.fold((0, 0), |(all, hits), sample| (all + 1, hits + u32::from(sample.is_hit)));
        f64::from(hits) / f64::from(all.max(1))
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
