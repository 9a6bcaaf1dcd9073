//! Why entries are gone although their results are the same.

use std::collections::BTreeMap;
use std::fmt;

use crate::misses::Miss;
use crate::write::Kind;

/// This many causes are shown, those of most losses first.
const SHOWN: usize = 24;
/// An example is cut here, in characters.
const MAX_EXAMPLE: usize = 220;

/// Losses by the write that was made and what ended the entry.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Losses(BTreeMap<(Kind, String), Loss>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Loss {
    entries: u64,
    example: String,
}

impl Losses {
    pub(super) fn add(&mut self, kind: Kind, miss: Option<Miss>, step: impl FnOnce() -> String) {
        let Miss { kind: cause, reason } = miss.unwrap_or_else(|| {
            let cause = "the cache does not say".to_owned();
            Miss { kind: cause.clone(), reason: cause }
        });
        let example = || format!("{reason} | {}", step());
        let first = || Loss { entries: 0, example: example().chars().take(MAX_EXAMPLE).collect() };
        self.0.entry((kind, cause)).or_insert_with(first).entries += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (cause, loss) in other.0 {
            let entries = loss.entries;
            self.0.entry(cause).or_insert(Loss { entries: 0, ..loss }).entries += entries;
        }
    }
}

/// A table.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut losses: Vec<_> = self.0.iter().collect();
        losses.sort_by_key(|(_, loss)| std::cmp::Reverse(loss.entries));
        writeln!(f, "{:<12}{:>8}  {:<36}example", "write", "lost", "ended by")?;
        for ((kind, cause), Loss { entries, example }) in losses.into_iter().take(SHOWN) {
            writeln!(f, "{:<12}{entries:>8}  {cause:<36}{example}", format!("{kind:?}"))?;
        }
        Ok(())
    }
}
