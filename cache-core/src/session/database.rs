//! One database attached to one cache.

use std::any::Any;
use std::fmt;
use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use xxhash_rust::xxh3::xxh3_64;

use super::habits::Habits;
use super::known::{Known, Source};
use super::taint::{Readings, Taint};
use super::temporaries::Temporaries;
use crate::cache::{Cache, Owner, Resolve};
use crate::deps::{BeforeImages, Catalog, DatabaseId, Dep};
use crate::entity::Declaration;
use crate::error::Result;
use crate::log::{BoxFuture, Fate, FenceId, TransactionId};
use crate::mark::Marks;
use crate::mutation::{self, Mutation};
use crate::schema::Schema;

/// How long a schema is trusted before its fingerprint is looked at again, in milliseconds.
const CHECK_EVERY: u64 = 1_000;

/// Connections ask about transactions no more often than this, in milliseconds: one that takes its time is asked about
/// again and again.
const ASK_EVERY: u64 = 10;

/// Asks the database what became of the transaction of this number; none if it does not know. Where there is no answer,
/// it may be in progress.
pub type AskFate = Box<dyn Fn(u64) -> BoxFuture<'static, Option<Fate>> + Send + Sync>;

/// A transaction that others wait for, and of whose end they know nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doubt {
    fence: FenceId,
    pub(super) number: u64,
}

/// Two connections to one database that are wrapped at once must get one [`Database`].
static ATTACHING: Mutex<()> = Mutex::new(());

/// One database attached to one cache: what is known of it, shared by all of its connections.
pub struct Database {
    cache: Cache,
    owner: Owner,
    identity: DatabaseId,
    /// Written where a schema is taken up, which tells the cache under the lock.
    pub(super) known: RwLock<Arc<Known>>,
    habits: Habits,
    readings: Arc<Readings>,
    /// What was changed on connections of pools.
    taint: Arc<Taint>,
    temporaries: Temporaries,
    before_images: Mutex<BeforeImages>,
    ask_fate: RwLock<Option<AskFate>>,
    /// Whether connections ask about transactions when they are used.
    asks_in_passing: AtomicBool,
    /// Milliseconds since `attached` before which no connection asks.
    next_ask: AtomicU64,
    attached: Instant,
    /// Milliseconds since `attached` at which the next check is due.
    next_check: AtomicU64,
    /// The epoch for which a check was begun last.
    checked_epoch: AtomicU64,
}

impl Database {
    /// Attaches a database, with the scopes that derives registered and these. If a database of this
    /// identity is attached already, that one is returned, and takes up the scopes that are new to it.
    ///
    /// # Errors
    /// Those of [`Cache::connect`].
    pub async fn attach(
        cache: &Cache,
        identity: DatabaseId,
        schema: Schema,
        declarations: Vec<Declaration>,
    ) -> Result<Arc<Self>> {
        cache.connect().await?;
        let known = |identity: &_| Known::new(identity, schema, declarations.clone(), Source::Declared);
        match Self::attach_first(cache, identity, known) {
            Ok(database) => Ok(database),
            Err(database) => {
                database.declare(declarations).await?;
                Ok(database)
            }
        }
    }

    /// Attaches a database of which this is known, unless one of this identity is attached: that is the error.
    pub(super) fn attach_first(
        cache: &Cache,
        identity: DatabaseId,
        known: impl FnOnce(&DatabaseId) -> Known,
    ) -> Result<Arc<Self>, Arc<Self>> {
        let _attaching = ATTACHING.lock().unwrap_or_else(PoisonError::into_inner);
        match Self::attached(cache, &identity) {
            Some(database) => Err(database),
            None => Ok(Self::create(cache, known(&identity), identity)),
        }
    }

    /// The attached database of this identity.
    #[must_use]
    pub fn attached(cache: &Cache, identity: &DatabaseId) -> Option<Arc<Self>> {
        cache.resolvers().into_iter().find_map(|resolver| {
            let any: Arc<dyn Any + Send + Sync> = resolver;
            any.downcast::<Self>().ok().filter(|database| database.identity == *identity)
        })
    }

    fn create(cache: &Cache, known: Known, identity: DatabaseId) -> Arc<Self> {
        warn_of_left_out(&known.catalog);
        let owner = Owner::of(number_of(&identity));
        known.declare(cache, owner);
        let readings = Arc::<Readings>::default();
        let database = Arc::new(Self {
            cache: cache.clone(),
            owner,
            identity,
            known: RwLock::new(Arc::new(known)),
            checked_epoch: AtomicU64::new(0),
            habits: Habits::default(),
            taint: Taint::new(&readings),
            temporaries: Temporaries::default(),
            readings,
            before_images: Mutex::default(),
            ask_fate: RwLock::default(),
            asks_in_passing: AtomicBool::new(false),
            next_ask: AtomicU64::new(0),
            attached: Instant::now(),
            next_check: AtomicU64::new(CHECK_EVERY),
        });
        cache.attach_resolver(Arc::clone(&database) as Arc<dyn Resolve>);
        database
    }

    /// The cache that it is attached to.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    /// Which database it is.
    #[must_use]
    pub fn identity(&self) -> &DatabaseId {
        &self.identity
    }

    /// What is known of it now.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.known().catalog)
    }

    pub(super) fn known(&self) -> RwLockReadGuard<'_, Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is what is known of it now.
    pub(super) fn is_current(&self, catalog: &Arc<Catalog>) -> bool {
        Arc::ptr_eq(catalog, &self.known().catalog) || mutation::is(Mutation::OldPlansHold)
    }

    /// Which writes are preceded by a query of the rows that they are about to change.
    #[must_use]
    pub fn before_images(&self) -> BeforeImages {
        *self.before_images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets which writes are preceded by a query of the rows that they are about to change.
    pub fn set_before_images(&self, mode: BeforeImages) {
        *self.before_images.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// Lends the database a connection on which it can be asked about transactions, in place of the one before, which may
    /// be closed by now.
    pub fn set_ask_fate(&self, ask: AskFate) {
        *self.ask_fate.write().unwrap_or_else(PoisonError::into_inner) = Some(ask);
    }

    /// Says that connections [ask](Self::ask) about [doubts](Self::doubts) before they run a statement: for adapters that
    /// have none to [lend](Self::set_ask_fate).
    pub fn ask_in_passing(&self) {
        self.asks_in_passing.store(true, Ordering::Relaxed);
    }

    /// The transactions that a connection is to ask about before it runs a statement, outside of a transaction: nobody
    /// knows whether their writers live, and what they may have written is not served until the database has said. Mostly
    /// there is none, which one look tells.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        if !self.asks_in_passing.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let doubts = self.cache.doubtful().into_iter();
        let mine = doubts.filter(|(_, transaction)| self.transaction(transaction.number) == *transaction);
        let doubts: Vec<Doubt> =
            mine.map(|(fence, transaction)| Doubt { fence, number: transaction.number }).collect();
        if doubts.is_empty() || !self.is_time(&self.next_ask, ASK_EVERY) { Vec::new() } else { doubts }
    }

    pub(super) fn settle(&self, doubt: &Doubt, fate: Option<Fate>) {
        self.cache.settle(doubt.fence, fate);
    }

    /// The transaction of this number.
    pub(super) fn transaction(&self, number: u64) -> TransactionId {
        TransactionId { database: number_of(&self.identity), number }
    }

    pub(super) fn taint(&self) -> &Arc<Taint> {
        &self.taint
    }

    /// The temporary relations of all of its connections.
    pub(super) fn temporaries(&self) -> &Temporaries {
        &self.temporaries
    }

    pub(super) fn readings(&self) -> &Arc<Readings> {
        &self.readings
    }

    /// What repeats in how its cached reads are used.
    #[must_use]
    pub fn habits(&self) -> &Habits {
        &self.habits
    }

    /// Whether it is time to look for a change of the schema: true for one caller in each second, and in each epoch.
    #[must_use]
    pub fn schema_check_due(&self) -> bool {
        self.is_time(&self.next_check, CHECK_EVERY) || self.epoch_check_due()
    }

    /// The next to ask is told that it is time.
    pub(super) fn check_at_once(&self) {
        self.next_check.store(0, Ordering::Relaxed);
    }

    /// True for one caller at a time, and then for nobody for this many milliseconds.
    fn is_time(&self, next: &AtomicU64, every: u64) -> bool {
        let now = u64::try_from(self.attached.elapsed().as_millis()).unwrap_or(u64::MAX);
        let due = next.load(Ordering::Relaxed);
        let then = now.saturating_add(every);
        now >= due && next.compare_exchange(due, then, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether an epoch has begun since the schema was read, which may be because somebody has changed it.
    fn epoch_check_due(&self) -> bool {
        let Some(read_in) = self.known().read_in() else { return false };
        let seen = self.cache.seen_epoch();
        seen != read_in && self.checked_epoch.swap(seen.bits(), Ordering::Relaxed) != seen.bits()
    }
}

/// Equal for all sessions of one database.
fn number_of(identity: &DatabaseId) -> u64 {
    xxh3_64(identity.as_str().as_bytes())
}

pub(super) fn warn_of_left_out(catalog: &Catalog) {
    for reason in catalog.left_out() {
        tracing::warn!("{reason}");
    }
}

impl Resolve for Database {
    fn watched(&self, dep: &Dep) -> Result<Marks> {
        let catalog = self.catalog();
        Ok(catalog.watch_marks(&[catalog.watch_of(dep)?]))
    }

    fn touched(&self, dep: &Dep) -> Result<Marks> {
        let catalog = self.catalog();
        Ok(catalog.touch_marks(&catalog.touches_of(dep)?))
    }

    fn fate(&self, transaction: TransactionId) -> Option<BoxFuture<'static, Option<Fate>>> {
        if self.transaction(transaction.number) != transaction {
            return None;
        }
        match &*self.ask_fate.read().unwrap_or_else(PoisonError::into_inner) {
            Some(ask) => Some(ask(transaction.number)),
            // It stays in doubt until a connection comes by.
            None if self.asks_in_passing.load(Ordering::Relaxed) => {
                Some(Box::pin(ready(Some(Fate::InProgress))))
            }
            None => None,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.cache.leave(self.owner);
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("identity", &self.identity).finish_non_exhaustive()
    }
}
