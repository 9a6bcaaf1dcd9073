//! What is known of a database's schema.

use std::sync::Arc;

use crate::cache::{Cache, Owner};
use crate::deps::{Catalog, DatabaseId};
use crate::entity::Declaration;
use crate::log::Epoch;
use crate::schema::Schema;

/// No epoch: the log did not answer when the schema was read, or the schema could not be read.
const UNKNOWN: Epoch = Epoch::from_bits(1);

/// A schema with the scopes of its tables, and what it rests on. It is taken up as a whole: the fingerprint and the epoch
/// of one reading say nothing of the schema of another.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) catalog: Arc<Catalog>,
    declarations: Arc<[Declaration]>,
    source: Source,
    renewal: Renewal,
}

/// Where a schema comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// It is believed to be as declared.
    Declared,
    /// It was read.
    Read {
        fingerprint: u64,
        /// The log's epoch before it was read, or found to be as it was; none if the log did not answer.
        epoch: Option<Epoch>,
    },
    /// It could not be read: nothing is known of any table.
    Unreadable,
}

/// Whether the log has begun an epoch since the catalog was replaced. Until it has, entries of the old one are served, and
/// nobody else knows that there is another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Renewal {
    Done,
    Underway,
    /// The log did not answer, or nobody waited: the next one who takes a schema up begins it.
    Failed,
}

impl Known {
    /// What is known of a database at first. It needs no epoch: nothing was made under another schema here.
    pub(super) fn new(
        database: &DatabaseId,
        schema: Schema,
        declarations: Vec<Declaration>,
        source: Source,
    ) -> Self {
        let catalog = Arc::new(Catalog::new(database, schema, &declarations));
        Self { catalog, declarations: declarations.into(), source, renewal: Renewal::Done }
    }

    /// The same catalog, resting on this. A reading for which the log did not answer leaves one of the same schema for
    /// which it did as right as it was.
    pub(super) fn resting_on(&self, source: Source) -> Self {
        let source = match (source, self.source) {
            (Source::Read { fingerprint, epoch: None }, Source::Read { fingerprint: known, .. })
                if fingerprint == known =>
            {
                self.source
            }
            _ => source,
        };
        Self { source, ..self.clone() }
    }

    /// Another schema with the same scopes, for which the log has to begin an epoch.
    pub(super) fn replaced_by(&self, database: &DatabaseId, schema: Schema, source: Source) -> Self {
        let catalog = Arc::new(Catalog::new(database, schema, &self.declarations));
        Self { catalog, source, renewal: Renewal::Underway, ..self.clone() }
    }

    /// No schema, since it cannot be read; none if that is known.
    pub(super) fn unreadable(&self, database: &DatabaseId) -> Option<Self> {
        let nothing = Schema::new(self.catalog.schema().dialect(), [], []).ok()?;
        let is_new = self.source != Source::Unreadable || self.renewal == Renewal::Failed;
        is_new.then(|| self.replaced_by(database, nothing, Source::Unreadable))
    }

    /// What is known if a declared schema was read with this fingerprint.
    pub(super) fn read_as(&self, fingerprint: u64, epoch: Option<Epoch>) -> Option<Self> {
        (self.source == Source::Declared).then(|| self.resting_on(Source::Read { fingerprint, epoch }))
    }

    /// What is known if the schema was found to have this fingerprint; none if it is another.
    pub(super) fn found(&self, fingerprint: u64, epoch: Option<Epoch>) -> Option<Self> {
        (self.fingerprint() == Some(fingerprint))
            .then(|| self.resting_on(Source::Read { fingerprint, epoch }))
    }

    /// The same schema with these scopes too, for which the log has to begin an epoch; none if it has them.
    pub(super) fn declaring(&self, database: &DatabaseId, declarations: &[Declaration]) -> Option<Self> {
        let mut all = self.declarations.to_vec();
        for declaration in declarations {
            if !all.contains(declaration) {
                all.push(declaration.clone());
            }
        }
        let is_new = all.len() > self.declarations.len() || self.renewal == Renewal::Failed;
        is_new.then(|| {
            let declarations: Arc<[Declaration]> = all.into();
            let schema = self.catalog.schema().clone();
            Self { declarations, ..self.clone() }.replaced_by(database, schema, self.source)
        })
    }

    /// The log has begun an epoch for this catalog, if that is the one. What was read in `before` is as right in `after`.
    pub(super) fn begun(&self, catalog: &Arc<Catalog>, before: Epoch, after: Epoch) -> Option<Self> {
        let source = match self.source {
            Source::Read { fingerprint, epoch } if epoch == Some(before) => {
                Source::Read { fingerprint, epoch: Some(after) }
            }
            source => source,
        };
        let is_mine = Arc::ptr_eq(&self.catalog, catalog);
        is_mine.then(|| Self { source, renewal: Renewal::Done, ..self.clone() })
    }

    /// Whoever was to see to an epoch for this catalog does so no more.
    pub(super) fn given_up(&self, catalog: &Arc<Catalog>) -> Option<Self> {
        let is_mine = Arc::ptr_eq(&self.catalog, catalog) && self.renewal == Renewal::Underway;
        is_mine.then(|| Self { renewal: Renewal::Failed, ..self.clone() })
    }

    /// Whether it is of this schema, and the log has begun an epoch for it.
    pub(super) fn is_of(&self, schema: &Schema) -> bool {
        self.renewal == Renewal::Done && self.catalog.schema() == schema
    }

    /// Whether marks that are made with it are told from others. Until then all are as if from elsewhere: wide.
    pub(super) fn is_renewed(&self) -> bool {
        self.renewal == Renewal::Done
    }

    /// Tells the cache how marks are made with it.
    pub(super) fn declare(&self, cache: &Cache, owner: Owner) {
        cache.declare_for(owner, self.catalog.maker(), self.catalog.declared(), self.read_in());
    }

    /// The fingerprint of the schema, unless it has to be read again.
    pub(super) fn fingerprint(&self) -> Option<u64> {
        match self.source {
            Source::Read { fingerprint, .. } if self.renewal != Renewal::Failed => Some(fingerprint),
            _ => None,
        }
    }

    /// The epoch in which the schema was read, or found to be as it was; none if it is believed.
    pub(super) fn read_in(&self) -> Option<Epoch> {
        match self.source {
            Source::Declared => None,
            Source::Read { epoch, .. } => Some(epoch.unwrap_or(UNKNOWN)),
            Source::Unreadable => Some(UNKNOWN),
        }
    }
}
