//! The first level: typed values in this process, bounded by their weight in bytes.

use std::any::Any;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use super::clock::Moment;
use crate::log::Position;
use crate::mark::Marks;
use crate::store::EntryKey;

/// What a value costs beside its own weight and its marks: key, position, table and queue.
const OVERHEAD: usize = 192;
/// A shard holds nothing heavier than itself, so shards are not smaller than this.
const SHARD_BYTES: usize = 8 << 20;
/// What the table is laid out for; the bound in bytes does not depend on it.
const USUAL_WEIGHT: usize = 1024;

/// A value with all that decides whether it may be served.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) value: Arc<dyn Any + Send + Sync>,
    pub(super) marks: Arc<Marks>,
    /// The log's head before the value was loaded.
    pub(super) position: Position,
    /// The newest sequence number, of the position's epoch, up to which no record touches the marks. The next
    /// check starts here, so an entry that is read often does not grow old for the index.
    validated: AtomicU64,
    /// When the load began that gave the value.
    pub(super) loaded: Moment,
    pub(super) expires: Moment,
    pub(super) weight: usize,
}

/// From when to when a value counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) loaded: Moment,
    pub(super) expires: Moment,
}

impl Slot {
    pub(super) fn new(
        value: Arc<dyn Any + Send + Sync>,
        marks: Arc<Marks>,
        position: Position,
        life: Life,
        weight: usize,
    ) -> Self {
        let weight = weight.saturating_add(size_of_val(marks.as_slice())).saturating_add(OVERHEAD);
        let Life { loaded, expires } = life;
        Self { value, marks, position, validated: AtomicU64::new(position.seq), loaded, expires, weight }
    }

    /// The same value with another end, valid at this position.
    pub(super) fn ending(&self, expires: Moment, position: Position) -> Self {
        let Self { value, marks, weight, loaded, .. } = self;
        Self {
            value: Arc::clone(value),
            marks: Arc::clone(marks),
            position,
            validated: AtomicU64::new(position.seq),
            loaded: *loaded,
            expires,
            weight: *weight,
        }
    }

    /// The newest position at which the slot is known to be valid.
    #[inline]
    pub(super) fn validated(&self) -> Position {
        Position { seq: self.validated.load(Ordering::Acquire), ..self.position }
    }

    pub(super) fn set_validated(&self, at: Position) {
        if at.epoch == self.position.epoch {
            self.validated.fetch_max(at.seq, Ordering::AcqRel);
        }
    }
}

/// The first level.
pub(super) struct Values {
    slots: Cache<EntryKey, Arc<Slot>, ByWeight, BuildHasherDefault<KeyHasher>>,
}

impl Values {
    pub(super) fn new(bytes: usize) -> Self {
        let options = OptionsBuilder::new()
            .shards((bytes / SHARD_BYTES).clamp(1, 64))
            .estimated_items_capacity((bytes / USUAL_WEIGHT).max(1))
            .weight_capacity(bytes as u64)
            .build();
        let slots = match options {
            Ok(options) => Cache::with_options(
                options,
                ByWeight,
                BuildHasherDefault::default(),
                DefaultLifecycle::default(),
            ),
            Err(_) => Cache::with(
                (bytes / USUAL_WEIGHT).max(1),
                bytes as u64,
                ByWeight,
                BuildHasherDefault::default(),
                DefaultLifecycle::default(),
            ),
        };
        Self { slots }
    }

    #[inline]
    pub(super) fn get(&self, key: EntryKey) -> Option<Arc<Slot>> {
        self.slots.get(&key)
    }

    /// Looks without counting as a use.
    pub(super) fn peek(&self, key: EntryKey) -> Option<Arc<Slot>> {
        self.slots.peek(&key)
    }

    /// Puts a slot, unless there is one that was loaded later: a late fill does not push out a newer one.
    pub(super) fn put(&self, key: EntryKey, slot: &Arc<Slot>) {
        let newer = self.slots.peek(&key).is_some_and(|there| {
            there.position.epoch == slot.position.epoch && there.position.seq > slot.position.seq
        });
        if !newer {
            self.slots.insert(key, Arc::clone(slot));
        }
    }

    pub(super) fn clear(&self) {
        self.slots.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn weight(&self) -> u64 {
        self.slots.weight()
    }
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<EntryKey, Arc<Slot>> for ByWeight {
    fn weight(&self, _: &EntryKey, slot: &Arc<Slot>) -> u64 {
        slot.weight as u64
    }
}

/// Keys are hashes already, so this only folds them; the multiplication spreads keys made by hand.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    #[inline]
    fn write_u128(&mut self, key: u128) {
        self.0 = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
