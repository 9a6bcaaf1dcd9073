//! The head that was confirmed last, for readers that wait for nobody.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use crate::log::{Epoch, Position, Tick};

/// How often a head that changes meanwhile is read anew. A change takes a few nanoseconds, unless its thread is
/// interrupted: then asking the server is sooner over than waiting.
const TRIES: usize = 16;

/// A head, and when it was asked for.
///
/// Bounded hits of all threads read it, and one task writes it: what is read between two equal even versions was
/// written as one.
#[derive(Debug)]
pub(super) struct Confirmed {
    /// Zero before there is a head, odd while it changes.
    version: AtomicU64,
    epoch: AtomicU64,
    seq: AtomicU64,
    /// As a tick.
    asked: AtomicU64,
}

impl Confirmed {
    pub(super) fn new() -> Self {
        let [version, epoch, seq, asked] = [const { AtomicU64::new(0) }; 4];
        Self { version, epoch, seq, asked }
    }

    /// Only one caller at a time.
    pub(super) fn set(&self, head: Position, asked: Tick) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.epoch.store(head.epoch.bits(), Ordering::Relaxed);
        self.seq.store(head.seq, Ordering::Relaxed);
        self.asked.store(asked.nanos(), Ordering::Relaxed);
        self.version.store(version + 2, Ordering::Release);
    }

    /// The head, if there is one, and when it was asked for. Nothing either if its writer does not get to the end of
    /// a change.
    #[inline]
    pub(super) fn get(&self) -> Option<(Position, Tick)> {
        self.try_get().or_else(|| self.try_again())
    }

    #[cold]
    fn try_again(&self) -> Option<(Position, Tick)> {
        (1..TRIES).find_map(|_| self.try_get())
    }

    #[inline]
    fn try_get(&self) -> Option<(Position, Tick)> {
        let version = self.version.load(Ordering::Acquire);
        let [epoch, seq, asked] =
            [&self.epoch, &self.seq, &self.asked].map(|part| part.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let is_whole =
            version != 0 && version.is_multiple_of(2) && self.version.load(Ordering::Relaxed) == version;
        let head = Position { epoch: Epoch::from_bits(epoch), seq };
        is_whole.then(|| (head, Tick::from_nanos(asked)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_while_it_changes() {
        let confirmed = Confirmed::new();
        assert_eq!(confirmed.get(), None);
        let at = |number| Position { epoch: Epoch::from_bits(number), seq: number };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                (1..=200_000).for_each(|number| confirmed.set(at(number), Tick::from_nanos(number)));
            });
            let mut last = 0;
            while last < 200_000 {
                let Some((head, asked)) = confirmed.get() else { continue };
                assert_eq!(head, at(head.seq));
                assert_eq!(asked, Tick::from_nanos(head.seq));
                assert!(head.seq >= last, "an older one after a newer one");
                last = head.seq;
            }
        });
    }
}
