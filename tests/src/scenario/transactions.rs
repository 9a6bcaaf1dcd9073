//! What ends transactions, and what does not.

use cache_seaorm::Policy;
use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, DbErr, TransactionTrait};

use super::{CHANGE, LIST, Verdict, another, beside, case, verdict};
use crate::backend::Backend;
use crate::case::read;
use crate::gate::Gate;
use crate::world::Pool;

pub(super) async fn released_savepoint(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await?;
    let savepoint = transaction.begin().await?;
    savepoint.execute_unprepared(CHANGE).await?;
    savepoint.commit().await?;
    transaction.commit().await?;
    Ok(verdict(&case, &read(LIST), "after COMMIT").await)
}

pub(super) async fn read_before_commit(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::Several(3)).await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await?;
    transaction.execute_unprepared(CHANGE).await?;
    case.subject().cached(&read(LIST)).await;
    transaction.commit().await?;
    Ok(verdict(&case, &read(LIST), "after COMMIT").await)
}

pub(super) async fn abandoned_in_transaction(backend: Backend) -> Result<Verdict, DbErr> {
    for polls in 0..40 {
        let case = case(backend, Pool::One).await;
        case.warm(&read(LIST)).await;
        let transaction = case.connection().begin().await?;
        Gate::abandon(transaction.execute_unprepared(CHANGE), polls).await;
        transaction.commit().await?;
        match verdict(&case, &read(LIST), &format!("after {polls} polls")).await {
            Verdict::Fresh => {}
            stale => return Ok(stale),
        }
    }
    Ok(Verdict::Fresh)
}

/// However busy the machine is, it is on its way when it is abandoned: somebody else holds the row.
pub(super) async fn abandoned_behind_a_lock(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    case.warm(&read(LIST)).await;
    let holder = another(case.subject().untracked()).await?.begin().await?;
    holder.execute_unprepared(CHANGE).await?;
    let transaction = case.connection().begin().await?;
    Gate::abandon(transaction.execute_unprepared(CHANGE), 5).await;
    holder.rollback().await?;
    transaction.commit().await?;
    Ok(verdict(&case, &read(LIST), "after COMMIT").await)
}

/// The drivers then go back by one level too much, which is the transaction: what follows would commit by itself. However
/// busy the machine is, the savepoint is not set yet: it comes behind a read that waits for somebody else's lock.
pub(super) async fn interrupted_savepoint(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    case.warm(&read(LIST)).await;
    let (lock, waiting) = match backend {
        Backend::Sqlite => {
            // For as long as it takes.
            case.subject().untracked().execute_unprepared("PRAGMA busy_timeout = 60000").await?;
            ("BEGIN EXCLUSIVE", LIST)
        }
        Backend::Postgres | Backend::MariaDb => ("BEGIN", "SELECT id FROM article WHERE id = 1 FOR UPDATE"),
    };
    let holder = another(case.subject().untracked()).await?;
    holder.execute_unprepared(lock).await?;
    holder.execute_unprepared(CHANGE).await?;
    let transaction = case.connection().begin().await?;
    Gate::abandon(transaction.execute_unprepared(waiting), 5).await;
    let is_cut_short = transaction.begin().now_or_never().is_none();
    assert!(is_cut_short, "nothing would be tested");
    holder.execute_unprepared("ROLLBACK").await?;
    let _ = transaction.execute_unprepared(CHANGE).await;
    let _ = transaction.rollback().await;
    Ok(verdict(&case, &read(LIST), "after the savepoint").await)
}

/// Whoever goes on with it would end the transaction in place of the savepoint, which that has taken with it.
pub(super) async fn abandoned_release(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await?;
    transaction.execute_unprepared(CHANGE).await?;
    let savepoint = transaction.begin().await?;
    let _ = savepoint.commit().now_or_never();
    drop(transaction);
    // Whoever gets the only connection comes after what was left on it.
    case.connection().begin().await?.commit().await?;
    Ok(verdict(&case, &read(LIST), "after the transaction was dropped").await)
}

/// Nobody tells the handle; what follows commits by itself.
pub(super) async fn ended_by_hand(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::Several(3)).await;
    let transaction = case.connection().begin().await?;
    transaction.execute_unprepared("UPDATE article SET title = 'x' WHERE id = 3").await?;
    transaction.execute_unprepared("COMMIT").await?;
    case.warm(&read(LIST)).await;
    transaction.execute_unprepared(CHANGE).await?;
    let verdict = verdict(&case, &read(LIST), "after what followed the COMMIT").await;
    let _ = transaction.rollback().await;
    Ok(verdict)
}

/// A pool whose connection is in a transaction, and another one of the same cache.
pub(super) async fn begun_by_hand(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let bare = case.subject().untracked();
    if backend == Backend::Sqlite {
        // Else it would lock the other one out.
        bare.execute_unprepared("PRAGMA journal_mode = WAL").await?;
    }
    let other = beside(&case).await?;
    let begin = match backend {
        Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Backend::Sqlite | Backend::MariaDb => "BEGIN",
    };
    let (list, policy) = (read(LIST), Policy::new());
    case.connection().execute_unprepared(begin).await?;
    list.run_on(bare).await?;
    other.execute_unprepared(CHANGE).await?;
    list.run_cached(case.connection(), &policy).await?;
    let truth = list.run_on(other.untracked()).await?;
    let got = list.run_cached(&other, &policy).await?;
    case.connection().execute_unprepared("ROLLBACK").await?;
    Ok(Verdict::of(&got, &truth, "for another connection"))
}

/// A transaction of the wrapper's own, for the look, would end the other one.
pub(super) async fn looked_at_by_hand(backend: Backend) -> Result<Verdict, DbErr> {
    if backend == Backend::Sqlite {
        // It begins none within another.
        return Ok(Verdict::Fresh);
    }
    let case = case(backend, Pool::One).await;
    let other = beside(&case).await?;
    let (list, policy) = (read(LIST), Policy::new());
    case.write("BEGIN").await;
    case.write("UPDATE article SET title = 'new' WHERE title = 'one'").await;
    list.run_cached(&other, &policy).await?;
    case.write("UPDATE article SET category = 'h' WHERE id = 2").await;
    let truth = list.run_on(other.untracked()).await?;
    let got = list.run_cached(&other, &policy).await?;
    case.write("ROLLBACK").await;
    Ok(Verdict::of(&got, &truth, "for another connection"))
}
