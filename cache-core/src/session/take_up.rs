//! Taking up a schema, as a whole: whatever changes what is known of a database is here.

use std::sync::{Arc, PoisonError};

use super::database::{Database, warn_of_left_out};
use super::known::{Known, Source};
use crate::deps::Catalog;
use crate::entity::Declaration;
use crate::error::Result;
use crate::log::Epoch;
use crate::mutation::{self, Mutation};
use crate::schema::Schema;

impl Database {
    /// Adds scopes. If any is new, the log begins a new epoch: older entries do not watch it.
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn declare(&self, declarations: Vec<Declaration>) -> Result<()> {
        self.replace(|known| known.declaring(self.identity(), &declarations)).await
    }

    /// Takes up a schema that was read anew, with its fingerprint, and the log's [epoch](crate::Cache::epoch) from before
    /// that. If either differs, the log begins a new epoch: a table that somebody has made anew, or rewritten, may look as
    /// it did.
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn take_up(&self, schema: Schema, fingerprint: u64, epoch: Option<Epoch>) -> Result<()> {
        let source = Source::Read { fingerprint, epoch };
        loop {
            self.replace(|known| {
                let schema = self.temporaries().hide(schema.clone(), known.catalog.schema());
                let is_other = known.fingerprint().is_some_and(|known| known != fingerprint);
                let is_other = is_other && !mutation::is(Mutation::EqualSchemasAreOne);
                Some(if is_other || !known.is_of(&schema) {
                    known.replaced_by(self.identity(), schema, source)
                } else {
                    known.resting_on(source)
                })
            })
            .await?;
            // Who makes a temporary relation looks whether it is known already, and may have looked before.
            if !self.temporaries().hides_more_of(self.catalog().schema()) {
                return Ok(());
            }
        }
    }

    /// Takes up a schema that is believed. If it differs, the log begins a new epoch.
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn set_schema(&self, schema: Schema) -> Result<()> {
        let replaced = |known: &Known| known.replaced_by(self.identity(), schema.clone(), Source::Declared);
        self.replace(|known| (!known.is_of(&schema)).then(|| replaced(known))).await
    }

    /// The fingerprint of the schema that was read last; none if it has to be read again.
    #[must_use]
    pub fn fingerprint(&self) -> Option<u64> {
        self.known().fingerprint()
    }

    /// Notes that the schema was read, or found to be as it was, with this fingerprint, and the log's
    /// [epoch](crate::Cache::epoch) from before that: what is written and stored in another epoch may have to do with
    /// another schema. If it is known with another fingerprint, nothing is noted: [take up](Self::take_up) what was read.
    pub fn note_reading(&self, fingerprint: u64, epoch: Option<Epoch>) {
        self.change(|known| known.read_as(fingerprint, epoch).or_else(|| known.found(fingerprint, epoch)));
    }

    /// Notes that the schema was found to be as it was; returns whether it is, as far as the fingerprint tells.
    pub(super) fn confirm(&self, fingerprint: u64, epoch: Option<Epoch>) -> bool {
        let mut is_known = false;
        self.change(|known| {
            let found = known.found(fingerprint, epoch);
            is_known = found.is_some();
            found
        });
        is_known
    }

    /// The schema cannot be read: until it can, nothing is known of any table.
    pub(super) async fn forget_schema(&self) -> Result<()> {
        self.replace(|known| known.unreadable(self.identity())).await
    }

    /// The catalog is replaced first: a write that is planned with the old one sees that when it finishes.
    async fn replace(&self, next: impl FnMut(&Known) -> Option<Known>) -> Result<()> {
        match self.change(next) {
            Some(catalog) => Replaced { database: self, catalog }.begin_epoch().await,
            None => Ok(()),
        }
    }

    /// Changes what is known, if `next` makes something of it; returns the catalog if it is another, for which the log
    /// has to begin an epoch.
    fn change(&self, mut next: impl FnMut(&Known) -> Option<Known>) -> Option<Arc<Catalog>> {
        loop {
            let before = Arc::clone(&self.known());
            let after = Arc::new(next(&before)?);
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if !Arc::ptr_eq(&known, &before) {
                continue;
            }
            *known = Arc::clone(&after);
            let is_other = !Arc::ptr_eq(&before.catalog, &after.catalog);
            if is_other {
                // Entries may watch what is new from now on, and others go on writing as they did.
                self.cache().undeclare(self.owner(), before.catalog.declared());
                warn_of_left_out(&after.catalog);
            }
            if after.is_renewed() {
                after.declare(self.cache(), self.owner());
            }
            return is_other.then(|| Arc::clone(&after.catalog));
        }
    }
}

/// A catalog that was replaced, until the log has begun an epoch for it.
struct Replaced<'d> {
    database: &'d Database,
    catalog: Arc<Catalog>,
}

impl Replaced<'_> {
    async fn begin_epoch(self) -> Result<()> {
        let (before, after) = self.database.cache().begin_epoch(Some(self.database.owner())).await?;
        // Until here, whatever is published counted as from elsewhere: wide.
        self.database.change(|known| known.begun(&self.catalog, before, after));
        Ok(())
    }
}

impl Drop for Replaced<'_> {
    fn drop(&mut self) {
        self.database.change(|known| known.given_up(&self.catalog));
    }
}
