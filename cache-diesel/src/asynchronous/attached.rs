//! What a connection has that is attached to a cache.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cache_core::session::{Aftermath, Database, Explainer, Outcome, Session, TextSession, TextStep, Tracker};
#[cfg(feature = "async-postgres")]
use cache_core::{Error, ErrorKind, Result};
#[cfg(feature = "async-postgres")]
use diesel_async::AsyncPgConnection;

#[cfg(feature = "async-postgres")]
use super::introspect::Introspection;
#[cfg(feature = "async-postgres")]
use super::task::to_its_end;
#[cfg(feature = "async-postgres")]
use super::turns::Turns;
#[cfg(feature = "async-postgres")]
use crate::known::Id;
use crate::known::Known;
#[cfg(feature = "async-postgres")]
use futures_util::FutureExt;

/// The session of a connection, and its schema. Statements that are on their way at once share it; nobody holds its locks
/// while it waits.
pub struct Attached {
    session: Mutex<TextSession>,
    schema: Mutex<SchemaSource>,
    known: Mutex<Known>,
    /// Held by who reads the schema because it has changed: one is enough.
    #[cfg(feature = "async-postgres")]
    rereading: tokio::sync::Mutex<()>,
}

/// Where the schema comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SchemaSource {
    /// It is read from the database, again and again.
    Introspected,
    /// It may have changed since it was read.
    Changed,
    /// It is not read here: the cache is disabled, or a replica has one that may be old.
    Unread,
}

/// What a statement may change the meaning of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Itself,
    /// The statements after it too: the transaction, the schema or a setting may be another.
    WhatFollows,
}

impl Attached {
    pub(super) fn new(session: TextSession, schema: SchemaSource) -> Self {
        Self {
            session: Mutex::new(session),
            schema: Mutex::new(schema),
            known: Mutex::default(),
            #[cfg(feature = "async-postgres")]
            rereading: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn on_replica(database: Arc<Database>) -> Self {
        Self::new(TextSession::on_replica(database), SchemaSource::Unread)
    }

    pub(super) fn text_session(&self) -> MutexGuard<'_, TextSession> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of what is run now.
    pub(super) fn session(&self) -> Session {
        self.text_session().session().clone()
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a statement is known only to read, and nobody notes what: there is nothing to plan.
    #[cfg(feature = "async-postgres")]
    pub(super) fn passes(&self, id: Id) -> bool {
        let text = self.text_session();
        let session = text.session();
        session.tracker().is_none() && self.known().is_read(id, &session.database().catalog())
    }

    pub(super) fn schema(&self) -> MutexGuard<'_, SchemaSource> {
        self.schema.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is(&self, source: SchemaSource) -> bool {
        *self.schema() == source
    }

    /// Lets another tracker note what is read, until what this returns is dropped.
    pub(super) fn tracked(self: &Arc<Self>, tracker: Arc<Tracker>) -> Tracked {
        let before = self.text_session().track(Some(tracker));
        Tracked { attached: Arc::clone(self), before }
    }

    /// Tells an explainer what is done, until what this returns is dropped.
    pub(super) fn explained(self: &Arc<Self>, explainer: Arc<Explainer>) -> Explaining {
        let before = self.text_session().explain(Some(explainer));
        Explaining { attached: Arc::clone(self), before }
    }

    pub(super) fn reach(&self, sql: &str) -> Reach {
        if self.text_session().changes_what_follows(sql) { Reach::WhatFollows } else { Reach::Itself }
    }

    /// Notes what came of a statement. One that reaches what follows may have changed the schema until the future says that
    /// it has not.
    ///
    /// # Cancel safety
    /// The session has taken it up when this returns; what is left to publish is published without waiting.
    pub(super) fn finish(
        self: &Arc<Self>,
        step: TextStep,
        outcome: Outcome<'_>,
        reach: Reach,
    ) -> impl Future<Output = ()> + Send + use<> {
        let before = *self.schema();
        if reach == Reach::WhatFollows && step.is_write() {
            self.schema_may_have_changed();
        }
        let finish = self.text_session().finish(step, outcome);
        let attached = Arc::clone(self);
        async move {
            if finish.await == Aftermath::Nothing && reach == Reach::WhatFollows {
                *attached.schema() = before;
            }
        }
    }

    pub(super) fn schema_may_have_changed(&self) {
        let mut schema = self.schema();
        if *schema == SchemaSource::Introspected {
            *schema = SchemaSource::Changed;
        }
    }

    /// Reads the schema if it has changed: at once if that was through this connection, within a second otherwise. Asks
    /// about transactions that others wait for.
    ///
    /// # Cancel safety
    /// What is being read is read to its end.
    #[cfg(feature = "async-postgres")]
    pub(super) async fn keep_up(self: &Arc<Self>, inner: &Arc<AsyncPgConnection>, turns: &Turns) {
        let (session, is_due, doubts) = {
            let text = self.text_session();
            let session = text.session();
            if self.is(SchemaSource::Unread) || session.is_in_transaction() {
                return;
            }
            // Who is told that a check is due makes it.
            let is_due = session.database().schema_check_due();
            let doubts = session.database().doubts();
            if !is_due && !self.is(SchemaSource::Changed) && doubts.is_empty() {
                return;
            }
            (session.clone(), is_due, doubts)
        };
        let mut connection = Introspection::new(inner, turns);
        let attached = Arc::clone(self);
        let look = async move {
            session.database().ask(doubts, &mut connection).await;
            let _one = attached.rereading.lock().await;
            if attached.is(SchemaSource::Changed) {
                session.database().reread(&mut connection).await;
                *attached.schema() = SchemaSource::Introspected;
            } else if is_due {
                session.database().check(&mut connection).await;
            }
        };
        // Apart, for it is large, and part of every statement's future. Without an answer nothing can be said, and the
        // statement that waits will fail by itself.
        let _ = to_its_end(look.boxed()).await;
    }

    /// Reads the schema, whatever is known of it.
    ///
    /// # Cancel safety
    /// It is read to its end.
    #[cfg(feature = "async-postgres")]
    pub(super) async fn refresh(
        self: &Arc<Self>,
        inner: &Arc<AsyncPgConnection>,
        turns: &Turns,
    ) -> Result<()> {
        if self.is(SchemaSource::Unread) {
            return Ok(());
        }
        let session = self.session();
        if session.is_in_transaction() {
            let message = "the schema cannot be read in a transaction; refresh it before or after";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let mut connection = Introspection::new(inner, turns);
        let attached = Arc::clone(self);
        to_its_end(async move {
            session.database().refresh(&mut connection).await?;
            *attached.schema() = SchemaSource::Introspected;
            Ok(())
        })
        .await?
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached").field("session", &self.session()).finish_non_exhaustive()
    }
}

/// While it lives, a tracker notes what a connection reads. Then the one before does so again.
pub(super) struct Tracked {
    attached: Arc<Attached>,
    before: Option<Arc<Tracker>>,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let before = self.before.take();
        self.attached.text_session().track(before);
    }
}

/// While it lives, an explainer is told what is done. Then the one before is again.
pub(super) struct Explaining {
    attached: Arc<Attached>,
    before: Option<Arc<Explainer>>,
}

impl Drop for Explaining {
    fn drop(&mut self) {
        let before = self.before.take();
        self.attached.text_session().explain(before);
    }
}
