//! What an open transaction owes, and what is known of it.

use super::*;

/// Inserts a row into `u`, as one statement of many.
async fn insert(session: &Session, id: i64) {
    let step = session.step("INSERT INTO u (id, c) VALUES (?, 'x')", &|| vec![Value::from(id)]);
    let _ = step.finish(DONE).await;
}

fn owed(transaction: &Session) -> usize {
    transaction.journal().unwrap().marks().len()
}

#[tokio::test]
async fn a_transaction_of_many_writes_owes_few_marks_and_ends_what_reads_their_tables_only() {
    let session = session().await;
    let other = Entry::fill(&session, 1).await;
    let row = Entry::fill_of(&session, "SELECT id, c FROM u WHERE id = 1").await;
    let transaction = session.begin();
    let mut most = 0;
    for id in 10..20_000 {
        insert(&transaction, id).await;
        most = most.max(owed(&transaction));
    }
    assert!(most < 1_000, "{most} marks");
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(!row.survived().await);
    assert!(other.survived().await);
}

#[tokio::test]
async fn of_a_transaction_of_many_writes_to_one_table_those_to_others_stay_narrow() {
    let session = session().await;
    let (one, two) = (Entry::fill(&session, 1).await, Entry::fill(&session, 2).await);
    let transaction = session.begin();
    let _ = update(&transaction, 1).finish(DONE).await;
    let savepoint = transaction.begin();
    for id in 0..1_000 {
        insert(&savepoint, id).await;
    }
    let _ = savepoint.commit().finish(Committed::Yes).await;
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(!one.survived().await);
    assert!(two.survived().await);
}

#[tokio::test]
async fn savepoints_of_many_writes_are_few_marks_of_the_transaction() {
    let session = session().await;
    let other = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    for savepoint in 0..100 {
        let inner = transaction.begin();
        for id in 0..20 {
            insert(&inner, savepoint * 100 + id).await;
        }
        let _ = inner.commit().finish(Committed::Yes).await;
    }
    assert!(owed(&transaction) < 1_000, "{}", owed(&transaction));
    let undone = transaction.begin();
    let _ = update(&undone, 1).finish(DONE).await;
    undone.rolled_back();
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(other.survived().await);
}

#[tokio::test]
async fn a_transaction_of_many_writes_that_may_have_written_anything_ends_everything() {
    let session = session().await;
    let other = Entry::fill(&session, 1).await;
    let transaction = session.begin();
    transaction.journal().unwrap().owe_everything();
    for id in 0..1_000 {
        insert(&transaction, id).await;
    }
    assert!(other.survived().await);
    let _ = transaction.commit().finish(Committed::Yes).await;
    assert!(!other.survived().await);
}
