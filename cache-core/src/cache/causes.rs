//! What recent publications of this process were made for.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::why::Cause;

/// Older causes are forgotten; an explanation then names the publication by its number only.
const REMEMBERED: usize = 1024;

/// A ring of causes, in the order of their sequence numbers as nearly as publications finish in order.
#[derive(Default)]
pub(super) struct Causes(Mutex<VecDeque<(u64, Cause)>>);

impl Causes {
    pub(super) fn remember(&self, seq: u64, cause: Option<Cause>) {
        let Some(cause) = cause else { return };
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == REMEMBERED {
            ring.pop_front();
        }
        ring.push_back((seq, cause));
    }

    pub(super) fn of(&self, seq: u64) -> Option<Cause> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().find(|(at, _)| *at == seq).map(|(_, cause)| cause.clone())
    }
}
