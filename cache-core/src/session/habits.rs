//! What repeats in how a cache is used, and cannot be seen in one read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache as Bounded;
use xxhash_rust::xxh3::xxh3_64;

use crate::cache::{MissReason, Source};

/// How many texts are watched.
const TEXTS: usize = 1_024;

/// A text with this many entries of which none was ever hit churns.
const CHURN: u64 = 256;

/// As many cached reads in transactions, and none outside, cannot be what the user wants.
const TRANSACTIONS: u64 = 256;

/// A text that ends all entries so often is no exception.
const ENDS: u64 = 16;

/// Counts, for each text, entries filled and entries hit, and how often it ended all of them.
#[derive(Debug)]
pub struct Habits {
    texts: Bounded<u64, Arc<Text>>,
    asked: AtomicU64,
    in_transactions: AtomicU64,
}

#[derive(Debug, Default)]
struct Text {
    hits: AtomicU64,
    never_filled: AtomicU64,
    ended_all: AtomicU64,
}

impl Default for Habits {
    fn default() -> Self {
        Self { texts: Bounded::new(TEXTS), asked: AtomicU64::new(0), in_transactions: AtomicU64::new(0) }
    }
}

impl Habits {
    /// Counts a cached read of a text, and warns once when nothing of it ever hits.
    pub fn read(&self, sql: &str, source: &Source) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let is_new = matches!(source, Source::Miss(MissReason::NeverFilled));
        if !is_new && !source.is_hit() {
            return;
        }
        let text = self.text(sql);
        let counter = if is_new { &text.never_filled } else { &text.hits };
        let before = counter.fetch_add(1, Ordering::Relaxed);
        if is_new && before + 1 == CHURN && text.hits.load(Ordering::Relaxed) == 0 {
            tracing::warn!(sql, "{}", churn(CHURN));
        }
    }

    /// Counts a cached read inside a transaction, and warns once when there are no others.
    pub fn read_in_transaction(&self) {
        let before = self.in_transactions.fetch_add(1, Ordering::Relaxed);
        if before + 1 == TRANSACTIONS && self.asked.load(Ordering::Relaxed) == 0 {
            tracing::warn!("{}", only_transactions());
        }
    }

    /// Counts a statement that is taken for a write of everything, and warns once when it comes again and again.
    pub(super) fn ended_all(&self, sql: &str) {
        let before = self.text(sql).ended_all.fetch_add(1, Ordering::Relaxed);
        if before + 1 == ENDS {
            tracing::warn!(sql, "{}", ends_all(ENDS));
        }
    }

    pub(super) fn notes(&self, sql: &str) -> Vec<String> {
        let text = self.text(sql);
        let (hits, new) = (text.hits.load(Ordering::Relaxed), text.never_filled.load(Ordering::Relaxed));
        let mut notes = Vec::new();
        if hits == 0 && new >= CHURN {
            notes.push(churn(new));
        }
        let ended = text.ended_all.load(Ordering::Relaxed);
        if ended >= ENDS {
            notes.push(ends_all(ended));
        }
        if self.in_transactions.load(Ordering::Relaxed) >= TRANSACTIONS
            && self.asked.load(Ordering::Relaxed) == 0
        {
            notes.push(only_transactions());
        }
        notes
    }

    fn text(&self, sql: &str) -> Arc<Text> {
        let key = xxh3_64(sql.as_bytes());
        self.texts.get(&key).unwrap_or_else(|| {
            let text = Arc::<Text>::default();
            self.texts.insert(key, Arc::clone(&text));
            text
        })
    }
}

fn churn(keys: u64) -> String {
    format!(
        "{keys} reads of this text had {keys} keys and none was ever hit: a bound value such as the current time \
         makes each key new; round it, or leave this read uncached"
    )
}

fn ends_all(times: u64) -> String {
    format!(
        "this statement has ended all entries {times} times: it calls what may write anything, names what the schema \
         does not know, or is not understood; a statement of the query builder, or one without that call, ends less"
    )
}

fn only_transactions() -> String {
    "every cached read so far was inside a transaction, where reads bypass the cache: read on the connection"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_whose_every_key_is_new_is_named() {
        let habits = Habits::default();
        for _ in 0..CHURN {
            assert!(habits.notes("a").is_empty());
            habits.read("a", &Source::Miss(MissReason::NeverFilled));
            habits.read("b", &Source::Miss(MissReason::NeverFilled));
            habits.read("b", &Source::Joined);
        }
        assert!(habits.notes("a")[0].starts_with("256 reads of this text had 256 keys"));
        assert!(habits.notes("b").is_empty());
    }

    #[test]
    fn a_text_that_ends_all_entries_again_and_again_is_named() {
        let habits = Habits::default();
        for _ in 0..ENDS {
            assert!(habits.notes("a").is_empty());
            habits.ended_all("a");
        }
        assert!(habits.notes("a")[0].starts_with("this statement has ended all entries 16 times"));
        assert!(habits.notes("b").is_empty());
    }

    #[test]
    fn reading_only_in_transactions_is_named() {
        let habits = Habits::default();
        (0..TRANSACTIONS).for_each(|_| habits.read_in_transaction());
        assert_eq!(habits.notes("a"), [only_transactions()]);
        habits.read("a", &Source::Joined);
        assert!(habits.notes("a").is_empty());
    }
}
