//! What came out: stale reads, and how narrowly writes invalidate.

use std::collections::BTreeMap;
use std::fmt;

use super::losses::Losses;
use crate::read::{Answer, Family};
use crate::subject::Source;
use crate::write::Kind;

/// A cached read that differs from the database.
#[derive(Clone, Debug)]
pub struct Stale {
    /// The seed that shows it again.
    pub seed: u64,
    /// The step after which it was seen.
    pub step: usize,
    /// The writes of that step.
    pub write: String,
    /// The read.
    pub read: String,
    /// What the cache answered.
    pub got: Answer,
    /// How it was answered.
    pub source: Source,
    /// What the database answers.
    pub expected: Answer,
    /// The schema and the declared scopes.
    pub layout: String,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, write, read, got, source, expected, layout } = self;
        write!(
            f,
            "STALE ({source:?}) in seed {seed} after step {step}\nwrite: {write}\nread: {read}\n\
             cached:   {got}\ndatabase: {expected}\n{layout}"
        )
    }
}

/// Of the entries whose result a write did not change, how many it left alone.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Share {
    /// Writes.
    pub writes: u64,
    /// Entries whose result was the same afterwards.
    pub unchanged: u64,
    /// Those of them that were still hits.
    pub kept: u64,
    /// Those of them that invalidation by table would have kept.
    pub kept_by_table: u64,
}

impl Share {
    /// In percent; nothing to keep is everything kept.
    #[must_use]
    pub fn precision(&self) -> f64 {
        percent(self.kept, self.unchanged)
    }

    fn add(&mut self, other: &Self) {
        self.writes += other.writes;
        self.unchanged += other.unchanged;
        self.kept += other.kept;
        self.kept_by_table += other.kept_by_table;
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// The sum of one or more seeds.
#[derive(Clone, Default, Debug)]
pub struct Report {
    /// Seeds.
    pub seeds: u64,
    /// Reads compared with the database.
    pub compared: u64,
    /// Of these, hits.
    pub hits: u64,
    /// Reads that were served beyond the time to live of their entry.
    pub stretched: u64,
    /// Reads whose results are never stored.
    pub refused: u64,
    /// Cached reads that differ from the database.
    pub stale: Vec<Stale>,
    /// By kind of write.
    pub by_kind: BTreeMap<Kind, Share>,
    /// By family of read, over the single writes that were committed.
    pub by_family: BTreeMap<Family, Share>,
    /// Why entries are gone whose results are the same.
    pub losses: Losses,
    /// A digest of all schemas, reads and writes: equal seeds have equal ones.
    pub digest: u64,
}

impl Report {
    /// Adds another one.
    pub fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.compared += other.compared;
        self.hits += other.hits;
        self.stretched += other.stretched;
        self.refused += other.refused;
        self.stale.extend(other.stale);
        for (kind, share) in &other.by_kind {
            self.by_kind.entry(*kind).or_default().add(share);
        }
        for (family, share) in &other.by_family {
            self.by_family.entry(*family).or_default().add(share);
        }
        self.losses.merge(other.losses);
        self.digest ^= other.digest;
    }

    pub(super) fn count(&mut self, kind: Kind, family: Family, share: &Share) {
        self.by_kind.entry(kind).or_default().add(share);
        if kind.is_single() {
            self.by_family.entry(family).or_default().add(share);
        }
    }

    /// Over the single writes that were committed.
    #[must_use]
    pub fn total(&self) -> Share {
        let mut total = Share::default();
        for (kind, share) in &self.by_kind {
            if kind.is_single() {
                total.add(share);
            }
        }
        total
    }

    /// Panics with all stale reads, if there is one.
    ///
    /// # Panics
    ///
    /// That is what it is for.
    pub fn assert_fresh(&self) {
        let stale: Vec<String> = self.stale.iter().map(Stale::to_string).collect();
        assert!(stale.is_empty(), "{} stale reads\n\n{}", stale.len(), stale.join("\n"));
    }
}

/// A table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, compared, hits, refused, stale, .. } = self;
        writeln!(
            f,
            "{seeds} seeds, {compared} reads compared, {hits} hits, {refused} reads never stored, {} stale",
            stale.len()
        )?;
        writeln!(f, "{:<12}{:>8}{:>11}{:>10}{:>11}", "write", "count", "unchanged", "kept", "by table")?;
        for (kind, share) in &self.by_kind {
            line(f, &format!("{kind:?}"), share)?;
        }
        line(f, "all single", &self.total())?;
        writeln!(f, "{:<12}{:>8}{:>11}{:>10}{:>11}", "read", "", "unchanged", "kept", "by table")?;
        for (family, share) in &self.by_family {
            line(f, &format!("{family:?}"), share)?;
        }
        write!(f, "{}", self.losses)
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, share: &Share) -> fmt::Result {
    let Share { writes, unchanged, kept_by_table, .. } = share;
    let writes = if *writes == 0 { String::new() } else { writes.to_string() };
    let by_table = percent(*kept_by_table, *unchanged);
    writeln!(f, "{name:<12}{writes:>8}{unchanged:>11}{:>9.1}%{by_table:>10.1}%", share.precision())
}
