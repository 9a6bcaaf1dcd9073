//! What a cache tells those who listen.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use super::why::{Cause, Reason, Source};
use crate::error::Error;
use crate::log::Position;
use crate::mark::Marks;
use crate::store::EntryKey;

/// Something that happened in a cache. Displayed, it is one line for a log.
#[non_exhaustive]
pub enum Event<'a> {
    /// A read was answered.
    Read {
        /// Which entry it asked for.
        key: EntryKey,
        /// Where the value came from, and why.
        source: &'a Source,
    },
    /// An entry was stored.
    Filled {
        /// Which.
        key: EntryKey,
        /// What it watches.
        marks: &'a Marks,
        /// What it weighs in memory, in bytes.
        weight: usize,
    },
    /// A result could not be stored.
    Unstorable {
        /// The entry that it would have been.
        key: EntryKey,
        /// Why not.
        reason: &'a Reason,
    },
    /// A load behind the back of readers failed; the entry stays until its stretched end.
    RefreshFailed {
        /// Which entry.
        key: EntryKey,
        /// What the load said.
        error: &'a str,
    },
    /// A publication was confirmed by the log.
    Published {
        /// Its position.
        position: Position,
        /// What it touches.
        marks: &'a Marks,
        /// What it was made for.
        causes: &'a [Cause],
    },
    /// A publication was refused by the log; its marks are owed.
    Owed {
        /// What it touches.
        marks: &'a Marks,
        /// What the log said.
        error: &'a Error,
    },
    /// The store failed; reads load instead.
    StoreFailed {
        /// What the store said.
        error: &'a Error,
    },
    /// A new epoch has begun.
    Cleared {
        /// Its first position.
        position: Position,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Read { key, source } => write!(f, "read {key}: {source}"),
            Event::Filled { key, marks, weight } => {
                write!(f, "filled {key}: {} marks, {weight} bytes", marks.len())
            }
            Event::Unstorable { key, reason } => write!(f, "{key} cannot be stored: {reason}"),
            Event::RefreshFailed { key, error } => write!(f, "{key} could not be loaded anew: {error}"),
            Event::Published { position, marks, causes } => {
                write!(f, "published {position}: {} marks", marks.len())?;
                causes.iter().try_for_each(|cause| write!(f, ", {cause}"))
            }
            Event::Owed { marks, error } => write!(f, "owed: {} marks, {error}", marks.len()),
            Event::StoreFailed { error } => write!(f, "the store failed: {error}"),
            Event::Cleared { position } => write!(f, "cleared at {position}"),
        }
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({self})")
    }
}

type Hook = dyn Fn(&Event<'_>) + Send + Sync;

/// Those who listen.
#[derive(Default)]
pub(super) struct Events(Arc<Hooks>);

#[derive(Default)]
struct Hooks {
    /// How many there are, so that a hit with nobody listening reads one number.
    count: AtomicUsize,
    hooks: RwLock<Vec<Arc<Hook>>>,
}

/// Keeps a hook listening until it is dropped.
#[must_use = "dropping the subscription ends it at once"]
pub struct Subscription {
    hooks: Weak<Hooks>,
    hook: Arc<Hook>,
}

impl Events {
    pub(super) fn subscribe(&self, hook: Arc<Hook>) -> Subscription {
        let mut hooks = self.0.hooks.write().unwrap_or_else(PoisonError::into_inner);
        hooks.push(Arc::clone(&hook));
        self.0.count.store(hooks.len(), Ordering::Release);
        Subscription { hooks: Arc::downgrade(&self.0), hook }
    }

    /// Tells everybody. The hooks run without a lock, so they may subscribe, and may ask the cache.
    #[inline]
    pub(super) fn emit(&self, event: &Event<'_>) {
        if self.0.count.load(Ordering::Relaxed) > 0 {
            self.tell(event);
        }
    }

    #[cold]
    fn tell(&self, event: &Event<'_>) {
        let hooks = self.0.hooks.read().unwrap_or_else(PoisonError::into_inner).clone();
        hooks.iter().for_each(|hook| hook(event));
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(hooks) = self.hooks.upgrade() else { return };
        let mut listening = hooks.hooks.write().unwrap_or_else(PoisonError::into_inner);
        listening.retain(|hook| !Arc::ptr_eq(hook, &self.hook));
        hooks.count.store(listening.len(), Ordering::Release);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
