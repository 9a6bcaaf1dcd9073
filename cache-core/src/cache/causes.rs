//! What recent publications of this process were made for.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::why::{Cause, Origin};
use crate::mark::Mark;

/// Older causes are forgotten; an explanation then names the publication by its number only.
const REMEMBERED: usize = 1024;

/// A ring of causes by sequence number, oldest first as far as publications finish in order.
#[derive(Default)]
pub(super) struct Causes(Mutex<VecDeque<(u64, Cause)>>);

impl Causes {
    pub(super) fn remember(&self, seq: u64, causes: Vec<Cause>) {
        let Some(cause) = one_of(causes) else { return };
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == REMEMBERED {
            ring.pop_front();
        }
        ring.push_back((seq, cause));
    }

    pub(super) fn of(&self, seq: u64) -> Option<Cause> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let causes = ring.iter().filter(|(at, _)| *at == seq).map(|(_, cause)| Arc::clone(cause));
        one_of(causes.collect())
    }
}

fn one_of(mut causes: Vec<Cause>) -> Option<Cause> {
    if causes.len() > 1 { Some(Arc::new(Several(causes))) } else { causes.pop() }
}

/// The causes of publications that are one record: they were owed, or on their way at the same time.
struct Several(Vec<Cause>);

impl Origin for Several {
    fn touch(&self, mark: Mark) -> Option<String> {
        self.0.iter().find_map(|cause| cause.touch(mark))
    }
}

impl fmt::Display for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of: ")?;
        for (index, cause) in self.0.iter().enumerate() {
            write!(f, "{}{cause}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_causes_are_found_by_number_and_old_ones_are_forgotten() {
        let causes = Causes::default();
        for seq in 0..=REMEMBERED as u64 {
            causes.remember(seq, vec![Arc::new(format!("write {seq}"))]);
        }
        assert!(causes.of(0).is_none());
        assert_eq!(causes.of(5).map(|cause| cause.to_string()).as_deref(), Some("write 5"));
    }

    #[test]
    fn publications_that_are_one_record_are_all_named() {
        let causes = Causes::default();
        causes.remember(7, vec![Arc::new("a"), Arc::new("b")]);
        causes.remember(8, vec![Arc::new("c")]);
        causes.remember(9, vec![Arc::new("e")]);
        causes.remember(8, vec![Arc::new("d")]);
        let named = |seq| causes.of(seq).map(|cause| cause.to_string());
        assert_eq!(named(7).as_deref(), Some("one of: a; b"));
        assert_eq!(named(8).as_deref(), Some("one of: c; d"));
        assert_eq!(named(9).as_deref(), Some("e"));
    }
}
