//! From dependencies as a user names them to marks.

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::deps::{Dep, DepKind};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{BoxFuture, Fate, TransactionId};
use crate::mark::{Mark, MarkHasher, Marks};
use crate::store::EntryKey;

const TAG: u64 = u64::from_le_bytes(*b"user-tag");
const KEY: u64 = u64::from_le_bytes(*b"entrykey");

/// What a database that is attached to a cache knows: which marks stand for its rows, scopes and tables.
pub trait Resolve: Any + Send + Sync {
    /// The marks that a result depending on `dep` watches.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDependency`] if the database has no such table or scope.
    fn watched(&self, dep: &Dep) -> Result<Marks>;

    /// The marks that a change of `dep` touches.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDependency`] if the database has no such table or scope.
    fn touched(&self, dep: &Dep) -> Result<Marks>;

    /// Asks what became of a transaction, if it is one of this database and can be asked about; none if the database
    /// does not know.
    fn fate(&self, transaction: TransactionId) -> Option<BoxFuture<'static, Option<Fate>>> {
        let _ = transaction;
        None
    }
}

/// The databases that are attached to a cache, which does not keep them alive: they hold the cache.
#[derive(Default)]
pub(super) struct Resolvers(RwLock<Vec<Weak<dyn Resolve>>>);

impl Resolvers {
    pub(super) fn attach(&self, resolver: &Arc<dyn Resolve>) {
        let mut attached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        attached.retain(|resolver| resolver.strong_count() > 0);
        attached.push(Arc::downgrade(resolver));
    }

    pub(super) fn attached(&self) -> Vec<Arc<dyn Resolve>> {
        let attached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        attached.iter().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn watched(&self, dep: &Dep) -> Result<Marks> {
        self.resolve(dep, |resolver| resolver.watched(dep))
    }

    pub(super) fn touched(&self, dep: &Dep) -> Result<Marks> {
        self.resolve(dep, |resolver| resolver.touched(dep))
    }

    /// What became of a transaction, if one of the databases knows.
    pub(super) async fn fate(&self, transaction: TransactionId) -> Option<Fate> {
        let asked = self.attached().iter().find_map(|resolver| resolver.fate(transaction));
        asked?.await
    }

    /// The marks of every database that knows the dependency: the user names a table, not a database.
    fn resolve(&self, dep: &Dep, ask: impl Fn(&dyn Resolve) -> Result<Marks>) -> Result<Marks> {
        if let DepKind::Tag { tag } = &dep.0 {
            return Ok([tag_mark(tag)].into_iter().collect());
        }
        let mut known: Option<Marks> = None;
        let mut unknown = None;
        for resolver in self.attached() {
            match ask(&*resolver) {
                Ok(marks) => known.get_or_insert_default().merge(&marks),
                Err(error) if error.kind() == ErrorKind::UnknownDependency => unknown = Some(error),
                Err(error) => return Err(error),
            }
        }
        known.ok_or_else(|| unknown.unwrap_or_else(|| no_database(dep)))
    }
}

pub(super) fn tag_mark(tag: &str) -> Mark {
    MarkHasher::new(TAG).bytes(tag.as_bytes()).finish()
}

/// What `invalidate_entry` touches and the entry watches.
pub(super) fn key_mark(key: EntryKey) -> Mark {
    MarkHasher::new(KEY).bytes(&key.bits().to_le_bytes()).finish()
}

fn no_database(dep: &Dep) -> Error {
    let message = format!("no database that knows {dep} is attached to the cache; wrap its connection first");
    Error::new(ErrorKind::UnknownDependency, message)
}
