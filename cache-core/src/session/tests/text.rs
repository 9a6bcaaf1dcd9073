//! Transactions that are told by their SQL.

use super::*;

async fn connection() -> (TextSession, Session) {
    let session = session().await;
    (TextSession::new(Arc::clone(session.database())), session)
}

/// Runs a text to its end; it succeeds.
async fn run(connection: &mut TextSession, sql: &str) {
    finish(connection, sql, DONE).await;
}

async fn fail(connection: &mut TextSession, sql: &str) {
    finish(connection, sql, Outcome::Failed).await;
}

async fn finish(connection: &mut TextSession, sql: &str, outcome: Outcome<'_>) {
    let mut step = connection.step(sql);
    TextSession::announce(&mut step).await.unwrap();
    let _ = connection.finish(step, outcome).await;
}

fn write(id: i64) -> String {
    format!("UPDATE t SET c = 'x' WHERE id = {id}")
}

#[tokio::test]
async fn a_commit_in_words_publishes_and_nothing_before() {
    let (mut connection, session) = connection().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    run(&mut connection, "BEGIN IMMEDIATE").await;
    assert!(connection.session().is_in_transaction());
    run(&mut connection, &write(1)).await;
    assert!(one.survived().await);
    run(&mut connection, "COMMIT").await;
    assert!(!connection.session().is_in_transaction());
    assert!(!one.survived().await);
    assert!(two.survived().await);
}

#[tokio::test]
async fn a_rollback_in_words_publishes_nothing() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    for (begin, end) in [("BEGIN", "ROLLBACK"), ("begin transaction", "Rollback Transaction")] {
        run(&mut connection, begin).await;
        run(&mut connection, "SAVEPOINT a").await;
        run(&mut connection, &write(1)).await;
        run(&mut connection, end).await;
        assert!(!connection.session().is_in_transaction());
    }
    run(&mut connection, "BEGIN").await;
    run(&mut connection, &write(1)).await;
    drop(connection);
    assert!(one.survived().await);
}

#[tokio::test]
async fn what_a_savepoint_undoes_is_not_published_and_the_rest_is() {
    let (mut connection, session) = connection().await;
    let mut entries = Vec::new();
    for id in 1..=5 {
        entries.push(Entry::fill(&session, id).await);
    }
    run(&mut connection, "BEGIN").await;
    run(&mut connection, &write(1)).await;
    run(&mut connection, "SAVEPOINT outer").await;
    run(&mut connection, &write(2)).await;
    run(&mut connection, "SAVEPOINT inner").await;
    run(&mut connection, &write(3)).await;
    run(&mut connection, "RELEASE SAVEPOINT inner").await;
    run(&mut connection, "ROLLBACK TO SAVEPOINT OUTER").await;
    run(&mut connection, &write(4)).await;
    run(&mut connection, "SAVEPOINT left").await;
    run(&mut connection, &write(5)).await;
    run(&mut connection, "COMMIT").await;
    let mut survived = Vec::new();
    for entry in &entries {
        survived.push(entry.survived().await);
    }
    assert_eq!(survived, [false, true, true, false, false]);
}

#[tokio::test]
async fn an_outermost_savepoint_of_sqlite_is_a_transaction() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "SAVEPOINT a").await;
    run(&mut connection, "SAVEPOINT a").await;
    run(&mut connection, &write(1)).await;
    run(&mut connection, "RELEASE a").await;
    assert!(one.survived().await);
    run(&mut connection, "RELEASE a").await;
    assert!(!one.survived().await);
    assert!(!connection.session().is_in_transaction());
}

#[tokio::test]
async fn an_end_of_which_nobody_has_seen_the_beginning_publishes_everything() {
    let (mut connection, session) = connection().await;
    for end in ["COMMIT", "ROLLBACK", "RELEASE a"] {
        run(&mut connection, &write(1)).await;
        let one = Entry::fill(&session, 1).await;
        run(&mut connection, end).await;
        assert!(!one.survived().await, "{end}");
        assert!(!connection.session().is_in_transaction());
    }
}

#[tokio::test]
async fn a_commit_that_failed_publishes_now_and_when_it_succeeds() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "BEGIN").await;
    run(&mut connection, &write(1)).await;
    fail(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
    // Whether it is open still, nobody knows: reads bypass the cache, and writes are published at once.
    assert!(connection.session().is_in_transaction());
    let two = Entry::fill(&session, 2).await;
    run(&mut connection, &write(2)).await;
    assert!(!two.survived().await);
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
    assert!(!two.survived().await);
}

#[tokio::test]
async fn a_statement_that_failed_may_have_ended_the_transaction() {
    let (mut connection, session) = connection().await;
    run(&mut connection, "BEGIN").await;
    run(&mut connection, "SAVEPOINT a").await;
    fail(&mut connection, &write(1)).await;
    let two = Entry::fill(&session, 2).await;
    run(&mut connection, &write(2)).await;
    assert!(!two.survived().await);
    // Going back to the savepoint proves that it has not.
    run(&mut connection, "ROLLBACK TO a").await;
    let two = Entry::fill(&session, 2).await;
    run(&mut connection, &write(2)).await;
    assert!(two.survived().await);
    run(&mut connection, "COMMIT").await;
    assert!(!two.survived().await);
}

#[tokio::test]
async fn several_statements_that_leave_a_transaction_open_owe_everything() {
    let (mut connection, session) = connection().await;
    run(&mut connection, "BEGIN; UPDATE t SET c = 'x' WHERE id = 1; SAVEPOINT a").await;
    assert!(connection.session().is_in_transaction());
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "ROLLBACK TO a").await;
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
    assert!(!connection.session().is_in_transaction());
}

#[tokio::test]
async fn several_statements_that_failed_may_have_left_anything() {
    let (mut connection, session) = connection().await;
    fail(&mut connection, "BEGIN; UPDATE t SET c = 'x' WHERE id = 1; COMMIT").await;
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, &write(1)).await;
    assert!(!one.survived().await);
    run(&mut connection, "ROLLBACK").await;
    assert!(!connection.session().is_in_transaction());
}

#[tokio::test]
async fn control_that_is_not_modelled_publishes_what_came_before_and_comes_after() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "BEGIN").await;
    run(&mut connection, &write(1)).await;
    run(&mut connection, "COMMIT AND NO CHAIN").await;
    assert!(!one.survived().await);
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, &write(1)).await;
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
}

#[tokio::test]
async fn a_chained_transaction_owes_what_it_has_written_and_no_more() {
    let (mut connection, session) = connection().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    run(&mut connection, "BEGIN").await;
    run(&mut connection, "SAVEPOINT a").await;
    run(&mut connection, &write(1)).await;
    run(&mut connection, "COMMIT AND CHAIN").await;
    assert!(!one.survived().await);
    run(&mut connection, &write(2)).await;
    assert!(connection.session().is_in_transaction());
    assert!(two.survived().await);
    fail(&mut connection, "COMMIT AND CHAIN").await;
    assert!(!two.survived().await);
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "COMMIT AND CHAIN").await;
    run(&mut connection, "ROLLBACK").await;
    assert!(one.survived().await);
    assert!(!connection.session().is_in_transaction());
}

#[tokio::test]
async fn the_end_of_a_triggers_body_ends_no_transaction() {
    let (mut connection, session) = connection().await;
    run(&mut connection, "BEGIN").await;
    run(&mut connection, "CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; SELECT 1; END").await;
    assert!(connection.session().is_in_transaction());
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, &write(1)).await;
    assert!(one.survived().await);
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
    run(&mut connection, "BEGIN; CREATE TEMP TRIGGER b AFTER INSERT ON t BEGIN DELETE FROM u; END; COMMIT")
        .await;
    assert!(!connection.session().is_in_transaction());
}

/// What a statement that nobody waits for publishes: at once, and when it can run no more.
async fn lose(connection: &mut TextSession, sql: &str, one: &Entry<'_>) -> [bool; 2] {
    let mut step = connection.step(sql);
    TextSession::announce(&mut step).await.unwrap();
    let lost = connection.lose_track(step);
    let at_once = !one.survived().await;
    one.load().await;
    if let Some(lost) = lost {
        lost.await;
    }
    [at_once, !one.survived().await]
}

#[tokio::test]
async fn a_write_of_which_track_is_lost_is_published_when_it_can_run_no_more() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    assert_eq!(lose(&mut connection, &write(1), &one).await, [false, true]);
    let one = Entry::fill(&session, 1).await;
    assert_eq!(lose(&mut connection, "SELECT c FROM t", &one).await, [false, false]);
    let lost = connection.lose_track(connection.step(&write(1)));
    drop(lost);
    assert!(!one.survived().await);
}

#[tokio::test]
async fn in_a_transaction_it_is_owed_at_commit() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "BEGIN").await;
    assert_eq!(lose(&mut connection, &write(1), &one).await, [false, false]);
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
}

#[tokio::test]
async fn a_commit_of_which_track_is_lost_is_published_when_it_can_run_no_more_and_owed_as_before() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "BEGIN").await;
    run(&mut connection, &write(1)).await;
    assert_eq!(lose(&mut connection, "COMMIT", &one).await, [false, true]);
    assert!(connection.session().is_in_transaction());
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
}

#[tokio::test]
async fn after_a_begin_of_which_track_is_lost_writes_are_published_now_and_at_commit() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    assert_eq!(lose(&mut connection, "BEGIN", &one).await, [false, false]);
    assert!(connection.session().is_in_transaction());
    run(&mut connection, &write(1)).await;
    assert!(!one.survived().await);
    let one = Entry::fill(&session, 1).await;
    assert_eq!(lose(&mut connection, &write(1), &one).await, [false, true]);
    let one = Entry::fill(&session, 1).await;
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
}

#[tokio::test]
async fn several_statements_of_which_track_is_lost_may_have_done_anything_now_and_later() {
    let (mut connection, session) = connection().await;
    let one = Entry::fill(&session, 1).await;
    assert_eq!(lose(&mut connection, "BEGIN; DELETE FROM u; COMMIT", &one).await, [true, true]);
    assert!(connection.session().is_in_transaction());
}

#[tokio::test]
async fn a_commit_that_is_given_up_leaves_the_transaction_open() {
    let (mut connection, session) = connection().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    run(&mut connection, "BEGIN").await;
    run(&mut connection, &write(1)).await;
    run(&mut connection, "SAVEPOINT a").await;
    let commit = connection.step("COMMIT");
    connection.give_up(commit);
    run(&mut connection, "ROLLBACK TO a").await;
    assert!(one.survived().await);
    run(&mut connection, "COMMIT").await;
    assert!(!one.survived().await);
    assert!(two.survived().await);
}

#[tokio::test]
async fn a_result_that_is_never_dropped_makes_its_block_unstorable() {
    let (mut connection, _session) = connection().await;
    let tracker = Tracker::new();
    connection.track(Some(Arc::clone(&tracker)));
    run(&mut connection, "SELECT id, c FROM t WHERE id = 1").await;
    std::mem::forget(connection.step("SELECT id, c FROM t WHERE id = 2"));
    let watched = tracker.finish(&Policy::default());
    let crate::cache::Watched::Unstorable(reason) = watched else { panic!("{watched:?}") };
    assert_eq!(reason.to_string(), "one of its results was neither read nor dropped");
}
