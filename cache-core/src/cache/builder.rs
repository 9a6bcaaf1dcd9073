//! A cache, part by part.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::behind::Behind;
use super::clock::Clock;
use super::keep::Kept;
use super::policy::{Consistency, Enabled};
use super::shared::Shared;
use super::trail::Trail;
use super::unlearnt::Unlearnt;
use super::url::{Fencing, Location, Place, Start, Writes};
use super::values::Values;
use super::{Cache, Policy};
use crate::codec::{Compression, Format};
use crate::log::{Epoch, Index, Log, MemoryLog, Position};
#[cfg(feature = "redis")]
use crate::redis::Settings;
use crate::store::{MemoryStore, NullStore, Store};

const DEFAULT_MAX_BYTES: usize = 64 << 20;
const DEFAULT_INDEX_BYTES: usize = 2 << 20;
/// For a log that others write too: four in five entries of ten marks would be forgotten by an index of two
/// megabytes before the log forgets what is after them.
#[cfg(feature = "redis")]
const SHARED_INDEX_BYTES: usize = 8 << 20;
/// Bounds how long a write that went around the cache can go unnoticed.
const DEFAULT_TTL: Duration = Duration::from_secs(600);

/// How long the load of one process keeps others from loading the same key.
const DEFAULT_LEASE: Duration = Duration::from_secs(3);

/// A cache, part by part. What it builds shares nothing but the log and the store that it is given.
///
/// ```
/// use std::time::Duration;
/// use cache_core::Cache;
///
/// let cache = Cache::builder().max_bytes(16 << 20).ttl(Duration::from_secs(60)).build();
/// assert_eq!(cache.stats().entries, 0);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes no cache until it is built"]
pub struct Builder {
    log: Arc<dyn Log>,
    store: Arc<dyn Store>,
    max_bytes: usize,
    index_bytes: usize,
    ttl: Duration,
    lease: Duration,
    consistency: Consistency,
    format: Format,
    compression: Compression,
    clock: Clock,
    enabled: Enabled,
    writes: Writes,
    fencing: Fencing,
    start: Start,
}

impl Builder {
    pub(super) fn new(log: Arc<impl Log + 'static>) -> Self {
        Self {
            log,
            store: Arc::new(NullStore),
            max_bytes: DEFAULT_MAX_BYTES,
            index_bytes: DEFAULT_INDEX_BYTES,
            ttl: DEFAULT_TTL,
            lease: DEFAULT_LEASE,
            consistency: Consistency::default(),
            format: Format::default(),
            compression: Compression::default(),
            clock: Clock::system(),
            enabled: Enabled::Yes,
            writes: Writes::default(),
            fencing: Fencing::default(),
            start: Start::default(),
        }
    }

    /// `memory` gives the log, if that is in this process.
    pub(super) fn at(location: &Location, memory: impl FnOnce() -> Arc<MemoryLog>) -> Self {
        let builder = match &location.place {
            Place::Memory { store: None, .. } => Self::new(memory()),
            Place::Memory { store: Some(bytes), .. } => {
                Self::new(memory()).store(Arc::new(MemoryStore::new(*bytes)))
            }
            #[cfg(feature = "redis")]
            Place::Redis(settings) => {
                let (log, store) = crate::redis::open(Settings::clone(settings));
                Self::new(log).store(store).index_bytes(SHARED_INDEX_BYTES)
            }
        };
        Self {
            max_bytes: location.max.unwrap_or(builder.max_bytes),
            ttl: location.ttl.unwrap_or(builder.ttl),
            lease: location.lease.unwrap_or(builder.lease),
            compression: location.compression.unwrap_or(builder.compression),
            consistency: location.consistency,
            writes: location.writes,
            fencing: location.fencing,
            start: location.start,
            ..builder
        }
    }

    /// A cache that holds nothing and always loads.
    pub(super) fn disabled() -> Self {
        let builder = Self::new(Arc::new(MemoryLog::new()));
        Self { max_bytes: 0, index_bytes: 0, enabled: Enabled::No, ..builder }
    }

    /// The log that the cache follows, instead of one of its own.
    pub fn log(mut self, log: Arc<dyn Log>) -> Self {
        self.log = log;
        self
    }

    /// The store that holds entries as bytes, instead of none.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// How many bytes the typed values may weigh together, 64 MiB by default. A single value heavier than 8 MiB,
    /// or than the bound, is not kept.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How many bytes the index takes, 2 MiB by default, 8 MiB for a log that processes share: the last touch of
    /// some 100,000 marks for each MiB.
    pub fn index_bytes(mut self, bytes: usize) -> Self {
        self.index_bytes = bytes;
        self
    }

    /// How long an entry may be served at most if its policy does not say, ten minutes by default.
    ///
    /// Zero means that nothing is stored or served; [`Duration::MAX`] never expires.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// The form of the payloads of types that serde knows, MessagePack by default.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// How recent a hit is at least, [`Consistency::Strict`] by default. A log in this process is always strict.
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// Writes whose publication the log would not take fail before they are made, instead of being owed.
    pub fn strict_writes(mut self) -> Self {
        self.writes = Writes::Strict;
        self
    }

    /// For how long the load of one process keeps others from loading the same key, three seconds by default.
    /// One that crashes delays nobody longer.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How entries in the store are compressed, from 2 KiB on.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// The clock that entries expire by.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The cache.
    #[must_use]
    pub fn build(self) -> Cache {
        Cache { shared: self.share(), policy: Arc::new(Policy::new()) }
    }

    pub(super) fn share(self) -> Arc<Shared> {
        // A log that is not in this process is followed from its head at the first read.
        let nowhere = Position { epoch: Epoch::from_bits(0), seq: 0 };
        let start = self.log.try_head().unwrap_or(nowhere);
        Arc::new_cyclic(|this| Shared {
            this: this.clone(),
            index: Index::with_bytes(start, self.index_bytes),
            values: Values::new(self.max_bytes),
            log: self.log,
            store: self.store,
            clock: self.clock,
            ttl: self.ttl,
            lease: self.lease,
            consistency: self.consistency,
            format: self.format,
            compression: self.compression,
            enabled: self.enabled,
            writes: self.writes,
            fencing: self.fencing,
            start: self.start,
            closed: AtomicBool::new(false),
            sleep: Default::default(),
            flights: Default::default(),
            refreshes: Default::default(),
            unstorables: Default::default(),
            unshared: Default::default(),
            owed: Default::default(),
            behind: Behind::default(),
            trail: Trail::default(),
            kept: Kept::default(),
            unlearnt: Unlearnt::default(),
            delivering: Arc::default(),
            asking: Arc::default(),
            foreign: Default::default(),
            causes: Default::default(),
            resolvers: Default::default(),
            events: Default::default(),
            counters: Default::default(),
        })
    }
}
