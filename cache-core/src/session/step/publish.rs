//! What is published of a statement that has run, or may have.

use std::sync::Arc;

use super::effects::Effects;
use super::{Aftermath, Step, controls};
use crate::cache::{Announcement, Cause};
use crate::deps::Ran;
use crate::deps::model::Touch;
use crate::mark::Marks;
use crate::mutation::{self, Mutation};
use crate::schema::Dialect;
use crate::session::cause::Statement;
use crate::session::explain::{Explanation, WriteExplanation};
use crate::session::publish::{note_owed, publish};
use crate::sql::Plan;

impl Step {
    /// A statement that failed may still take effect (its connection broke): its fence is left to run out, unless the
    /// database has said that it changed nothing.
    pub(super) async fn emit(&self, effects: Box<Effects>, announcement: Announcement) {
        let Effects { touches: touched, marks } = *effects;
        if let Some(explainer) = self.session.explainer() {
            let touches = touched.iter().map(|touch| self.catalog.describe_touch(touch)).collect();
            explainer.note(Explanation::Write(WriteExplanation { sql: self.sql.to_string(), touches }));
        }
        let is_meant = matches!(&*self.plan, Plan::Write(plan) if plan.changes_schema);
        if touched.contains(&Touch::Everything) && !is_meant && !self.session.is_tainted() {
            self.session.database().habits().ended_all(&self.sql);
        }
        let stays = self.stays(&touched);
        let cause = Statement::cause(Arc::clone(&self.sql), Arc::clone(&self.catalog), touched);
        // What touches nothing may commit what was written before.
        let commits = self.session.journal().is_some() && self.may_commit();
        if marks.is_empty() && !commits {
            if announcement.is_fenced() {
                // Under a schema that was changed meanwhile it may have touched something all the same.
                publish(self.session.cache(), marks, None, announcement, Aftermath::Nothing).await;
            }
            return;
        }
        if let Some(journal) = self.session.journal()
            && !mutation::is(Mutation::PublishBeforeCommit)
        {
            journal.record(&marks, &self.catalog, Some(cause.clone()), self.aftermath());
            if self.may_end_transaction() {
                // Without the transaction, or if this ends it, what it owes is owed now; and again at the next COMMIT.
                if self.may_commit() {
                    journal.may_have_committed();
                }
                let published =
                    self.session.cache().publish_announced(journal.marks(), Some(cause), announcement);
                return note_owed(published.await.map(drop));
            }
            if stays {
                journal.doubt();
            } else if !self.publishes_at_once() {
                return;
            }
        }
        publish(self.session.cache(), marks, Some(cause), announcement, self.aftermath()).await;
    }

    /// Whether what was written stays whatever becomes of the transaction.
    fn stays(&self, touched: &[Touch]) -> bool {
        touched.iter().any(|touch| match touch.table() {
            Some(table) => self.catalog.table(table).is_immediate(),
            // A function may write tables that know no transactions.
            None => self.dialect() == Dialect::MySql,
        })
    }

    /// Nobody waits for it any more: what it may touch is owed at COMMIT.
    pub(in crate::session) fn lose(mut self) {
        if !mutation::is(Mutation::DroppedWritesAreForgotten) {
            self.owe();
        }
        self.finished = true;
    }

    /// Leaves all that it may touch to the journal, if there is one; returns what of that may be in the database now.
    fn owe(&mut self) -> (Marks, Cause) {
        let Effects { touches: touched, marks } = *self.take_effects(Ran::Unknown);
        let cause = Statement::cause(Arc::clone(&self.sql), Arc::clone(&self.catalog), touched);
        let Some(journal) = self.session.journal() else { return (marks, cause) };
        journal.failed(self.dialect());
        journal.record(&marks, &self.catalog, Some(cause.clone()), self.aftermath());
        if !self.may_commit() {
            return (marks, cause);
        }
        journal.may_have_committed();
        (journal.marks(), cause)
    }

    fn may_end_transaction(&self) -> bool {
        match &*self.plan {
            Plan::Control(_) => true,
            Plan::Write(write) => write.ends_transaction,
            Plan::Read(_) | Plan::Setting(_) | Plan::Neutral => false,
        }
    }

    /// Whether it may commit the transaction that it is run in: on PostgreSQL no block or routine ends one that is open.
    pub(super) fn may_commit(&self) -> bool {
        let ends_by_itself = self.dialect() == Dialect::MySql || !controls(&self.plan).is_empty();
        ends_by_itself && self.may_end_transaction() && !mutation::is(Mutation::EndsByHandAreUnseen)
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if !self.finished {
            self.note_given_up();
        }
        if self.finished || !self.is_write() || mutation::is(Mutation::DroppedWritesAreForgotten) {
            return;
        }
        let is_due = self.publishes_at_once() || self.may_commit();
        let (marks, cause) = self.owe();
        if is_due {
            self.session.cache().publish_detached(marks, Some(cause));
        }
    }
}
