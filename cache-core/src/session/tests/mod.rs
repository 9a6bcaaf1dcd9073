//! What each way through the pipeline publishes.

mod fenced;
mod journals;
mod schemas;
mod text;

use std::sync::Arc;

use super::*;
use crate::cache::{Cache, Loaded, Policy, Request};
use crate::schema::{Column, Dialect, ReferentialAction, Schema, TableDefinition};
use crate::store::EntryKey;
use crate::value::Value;

fn schema(tables: &[&str]) -> Schema {
    let tables = tables.iter().map(|name| {
        TableDefinition::new(*name).column(Column::int("id")).column(Column::text("c")).primary_key(["id"])
    });
    Schema::new(Dialect::Sqlite, tables, []).unwrap()
}

async fn session() -> Session {
    let cache = Cache::from_url("memory://?private").unwrap();
    let database =
        Database::attach(&cache, DatabaseId::new("test"), schema(&["t", "u"]), vec![]).await.unwrap();
    Session::new(database)
}

/// An entry that notices whether it survived.
struct Entry<'s> {
    session: &'s Session,
    sql: String,
}

impl<'s> Entry<'s> {
    /// Of the row `t(id)`.
    async fn fill(session: &'s Session, id: i64) -> Self {
        Self::fill_of(session, format!("SELECT id, c FROM t WHERE id = {id}")).await
    }

    async fn fill_of(session: &'s Session, sql: impl Into<String>) -> Self {
        let entry = Self { session, sql: sql.into() };
        entry.load().await;
        assert!(entry.survived().await);
        entry
    }

    async fn survived(&self) -> bool {
        self.load().await
    }

    /// Whether it was a hit.
    async fn load(&self) -> bool {
        let (policy, codec) = (Policy::default(), self.session.cache().codec::<i64>());
        let key = EntryKey::of("entry", &self.sql).unwrap();
        let request = Request { key, policy: &policy, codec: &codec };
        let load = async |_| {
            let tracker = Tracker::new();
            let tracked = self.session.tracked(Arc::clone(&tracker));
            let _ = tracked.step(&self.sql, &Vec::new).finish(Outcome::Done { rows_affected: None }).await;
            Ok::<_, ()>(Loaded { value: 0, watched: tracker.finish(&Policy::default()) })
        };
        self.session.cache().load(&request, load).await.unwrap().source.is_hit()
    }
}

const UPDATE: &str = "UPDATE t SET c = 'x' WHERE id = ?";

fn update(session: &Session, id: i64) -> Step {
    session.step(UPDATE, &|| vec![Value::from(id)])
}

const DONE: Outcome<'_> = Outcome::Done { rows_affected: Some(1) };

#[tokio::test]
async fn an_autocommit_write_publishes_its_rows_and_no_others() {
    let session = session().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    let _ = update(&session, 1).finish(DONE).await;
    assert!(!one.survived().await);
    assert!(two.survived().await);
    let two = Entry::fill(&session, 2).await;
    let _ = update(&session, 2).finish(Outcome::Done { rows_affected: Some(0) }).await;
    assert!(two.survived().await);
}

#[tokio::test]
async fn a_write_that_is_dropped_half_way_publishes() {
    let session = session().await;
    let one = Entry::fill(&session, 1).await;
    drop(update(&session, 1));
    assert!(!one.survived().await);
    let one = Entry::fill(&session, 1).await;
    drop(update(&session, 1).finish(DONE));
    assert!(!one.survived().await);
}

#[tokio::test]
async fn a_transaction_publishes_at_its_commit_and_not_before() {
    let session = session().await;
    let one = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    let _ = update(&transaction, 1).finish(DONE).await;
    assert!(one.survived().await);
    let commit = transaction.commit();
    assert!(one.survived().await);
    let _ = commit.finish(Committed::Yes).await;
    assert!(!one.survived().await);
}

#[tokio::test]
async fn a_commit_that_is_dropped_publishes() {
    let session = session().await;
    let one = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    let _ = update(&transaction, 1).finish(DONE).await;
    drop(transaction.commit());
    assert!(!one.survived().await);
}

#[tokio::test]
async fn a_rollback_publishes_nothing() {
    let session = session().await;
    let one = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    let _ = update(&transaction, 1).finish(DONE).await;
    transaction.rolled_back();
    assert!(one.survived().await);
}

#[tokio::test]
async fn a_rollback_after_a_failed_or_cancelled_statement_publishes() {
    let session = session().await;
    let one = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    let _ = update(&transaction, 1).finish(Outcome::Failed).await;
    transaction.rolled_back();
    assert!(!one.survived().await);
    let one = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    drop(update(&transaction, 1));
    transaction.rolled_back();
    assert!(!one.survived().await);
}

#[tokio::test]
async fn released_savepoints_publish_with_the_outermost_commit_and_rolled_back_ones_do_not() {
    let session = session().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    let transaction = session.begin();
    let kept = transaction.begin();
    let _ = update(&kept, 1).finish(DONE).await;
    let _ = kept.commit().finish(Committed::Yes).await;
    let undone = transaction.begin();
    let _ = update(&undone, 2).finish(DONE).await;
    undone.rolled_back();
    assert!(one.survived().await);
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(!one.survived().await);
    assert!(two.survived().await);
}

#[tokio::test]
async fn raw_transaction_control_publishes_everything() {
    let session = session().await;
    for sql in ["COMMIT", "RELEASE a", "ROLLBACK"] {
        let one = Entry::fill(&session, 1).await;
        let _ = session.step(sql, &Vec::new).finish(DONE).await;
        assert!(!one.survived().await, "{sql}");
        let one = Entry::fill(&session, 1).await;
        let transaction = session.begin();
        let _ = transaction.step(sql, &Vec::new).finish(DONE).await;
        assert!(!one.survived().await, "{sql} in a transaction");
        let one = Entry::fill(&session, 1).await;
        let _ = transaction.commit().finish(Committed::Yes).await;
        assert!(!one.survived().await, "COMMIT after {sql}");
    }
}

#[tokio::test]
async fn raw_transaction_control_that_is_dropped_publishes_and_so_does_what_is_dropped_after_it() {
    let session = session().await;
    for sql in ["COMMIT", "UPDATE t SET c = 'x' WHERE id = 3; COMMIT"] {
        let one = Entry::fill(&session, 1).await;
        let transaction = session.begin();
        let _ = update(&transaction, 1).finish(DONE).await;
        drop(transaction.step(sql, &Vec::new));
        assert!(!one.survived().await, "{sql}");
        let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
        let _ = update(&transaction, 1).finish(DONE).await;
        assert!(!one.survived().await, "{sql}");
        drop(update(&transaction, 2));
        assert!(!two.survived().await, "{sql}");
        transaction.rolled_back();
    }
}

#[tokio::test]
async fn a_commit_among_several_statements_publishes_what_the_transaction_owes() {
    let session = session().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    let transaction = session.begin();
    let _ = update(&transaction, 1).finish(Outcome::Done { rows_affected: Some(1) }).await;
    let step = transaction.step("UPDATE t SET c = 'y' WHERE id = 2; COMMIT", &Vec::new);
    let _ = step.finish(Outcome::Done { rows_affected: Some(1) }).await;
    tokio::task::yield_now().await;
    assert!(!one.survived().await);
    assert!(!two.survived().await);
    // What follows runs outside of any.
    let one = Entry::fill(&session, 1).await;
    let _ = update(&transaction, 1).finish(DONE).await;
    assert!(!one.survived().await);
    transaction.rolled_back();
}

#[tokio::test]
async fn a_write_that_overtakes_a_change_of_the_schema_touches_everything() {
    let session = session().await;
    let write = session.step("UPDATE u SET c = 'x' WHERE id = 1", &Vec::new);
    session.database().set_schema(schema(&["t", "u", "v"])).await.unwrap();
    let one = Entry::fill(&session, 1).await;
    let _ = write.finish(DONE).await;
    assert!(!one.survived().await);
}

#[tokio::test]
async fn so_does_a_transaction_that_wrote_before_a_change_of_the_schema_and_commits_after_it() {
    let session = session().await;
    let write = "UPDATE u SET c = 'x' WHERE id = 1";
    let change = async |tables: &[&str]| session.database().set_schema(schema(tables)).await.unwrap();

    let transaction = session.begin();
    let savepoint = transaction.begin();
    let _ = savepoint.step(write, &Vec::new).finish(DONE).await;
    change(&["t", "u", "v"]).await;
    let one = Entry::fill(&session, 1).await;
    let _ = savepoint.commit().finish(Committed::Yes).await;
    assert!(one.survived().await);
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(!one.survived().await);

    let transaction = session.begin();
    let _ = transaction.step(write, &Vec::new).finish(DONE).await;
    let mut commit = transaction.commit();
    commit.announce().await.unwrap();
    change(&["t", "u"]).await;
    let one = Entry::fill(&session, 1).await;
    let _ = commit.finish(Committed::Yes).await;
    assert!(!one.survived().await);

    let transaction = session.begin();
    let _ = transaction.step(write, &Vec::new).finish(DONE).await;
    drop(transaction.step(write, &Vec::new));
    change(&["t", "u", "v"]).await;
    let one = Entry::fill(&session, 1).await;
    transaction.rolled_back();
    assert!(!one.survived().await);

    let transaction = session.begin();
    let _ = transaction.step(write, &Vec::new).finish(DONE).await;
    let one = Entry::fill(&session, 1).await;
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(one.survived().await);
}

#[tokio::test]
async fn changing_the_schema_asks_for_a_new_one_at_once_or_at_commit() {
    let session = session().await;
    let create = |session: &Session| session.step("CREATE TABLE v (id)", &Vec::new).finish(DONE);
    assert_eq!(create(&session).await, Aftermath::SchemaChanged);
    let transaction = session.begin();
    assert_eq!(create(&transaction).await, Aftermath::Nothing);
    assert_eq!(transaction.commit().finish(Committed::Yes).await, Aftermath::SchemaChanged);
}

#[tokio::test]
async fn blocks_that_write_or_read_what_cannot_be_cached_are_not_stored() {
    let session = session().await;
    for sql in [UPDATE, "SELECT random() FROM t", "SELECT * FROM nowhere", "PRAGMA table_info(t)", "SELECT 1"]
    {
        let tracker = Tracker::new();
        let _ = session.tracked(Arc::clone(&tracker)).step(sql, &Vec::new).finish(Outcome::Failed).await;
        assert!(matches!(tracker.finish(&Policy::default()), crate::cache::Watched::Unstorable(_)), "{sql}");
    }
}

#[tokio::test]
async fn one_identity_is_one_database_and_new_scopes_are_taken_up() {
    let session = session().await;
    let one = Entry::fill(&session, 1).await;
    let again = |declarations| {
        let cache = session.cache().clone();
        async move {
            Database::attach(&cache, DatabaseId::new("test"), schema(&["t", "u"]), declarations)
                .await
                .unwrap()
        }
    };
    assert!(Arc::ptr_eq(&again(vec![]).await, session.database()));
    assert!(one.survived().await);
    assert!(Arc::ptr_eq(&again(vec![crate::Declaration::new("t").scope(["c"])]).await, session.database()));
    assert!(!one.survived().await);
}
