//! Savepoints that are abandoned or cannot be set, and the ones that SeaORM sets by itself.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use cache_core::codec::Codec;
use cache_seaorm::CachedConnection;
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, DbBackend, IsolationLevel, QueryOrder, TransactionTrait};

use crate::shop::{Shop, article, narrow_shop, shop};
use crate::transactions::{is_cached, set_title, title};

/// Polls the future so many times at most, and drops it.
async fn abandon<F: Future>(future: F, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        if std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await {
            return;
        }
        if polls.is_multiple_of(2) {
            std::thread::sleep(std::time::Duration::from_micros(500));
        }
        tokio::task::yield_now().await;
    }
}

/// Whoever gets the only connection comes after what was left on it.
async fn settle(db: &CachedConnection) {
    db.begin().await.unwrap().commit().await.unwrap();
}

async fn truth(db: &Shop) -> String {
    article::Entity::find_by_id(1).one(&db.unseen).await.unwrap().unwrap().title
}

#[tokio::test]
async fn an_abandoned_release_leaves_the_outer_transaction_to_its_own_end() {
    for polls in 0..7 {
        let db = narrow_shop().await;
        title(&db).await;
        let outer = db.begin().await.unwrap();
        set_title(&outer, "lost").await;
        let savepoint = outer.begin().await.unwrap();
        abandon(savepoint.commit(), polls).await;
        drop(outer);
        settle(&db).await;
        assert_eq!(truth(&db).await, "one", "after {polls} polls: a dropped transaction is rolled back");
        assert_eq!(title(&db).await, "one");
        set_title(&*db, "kept").await;
        assert_eq!(truth(&db).await, "kept", "after {polls} polls: the connection is in no transaction");
        assert_eq!(title(&db).await, "kept");
    }
}

#[tokio::test]
async fn an_abandoned_release_loses_nothing_that_the_outer_transaction_commits() {
    for polls in 0..7 {
        let db = narrow_shop().await;
        title(&db).await;
        let outer = db.begin().await.unwrap();
        let savepoint = outer.begin().await.unwrap();
        set_title(&savepoint, "perhaps").await;
        abandon(savepoint.commit(), polls).await;
        // PostgreSQL may have been told to go back to a savepoint that is gone, which ends the transaction.
        let _ = outer.commit().await;
        settle(&db).await;
        assert_eq!(title(&db).await, truth(&db).await, "after {polls} polls");
    }
}

/// SeaORM and its drivers then roll back one level too much, which is the transaction itself.
#[tokio::test]
async fn a_savepoint_that_is_cut_short_ends_the_transaction() {
    for polls in 1..5 {
        for commits in [false, true] {
            let db = narrow_shop().await;
            title(&db).await;
            let tx = db.begin().await.unwrap();
            set_title(&tx, "before").await;
            let mut is_set = false;
            abandon(async { is_set = tx.begin().await.is_ok() }, polls).await;
            let after = tx.execute_unprepared("UPDATE article SET title = 'after' WHERE id = 1").await;
            assert_eq!(after.is_ok(), is_set, "after {polls} polls");
            let ended = if commits { tx.commit().await } else { tx.rollback().await };
            assert_eq!(ended.is_ok(), is_set || !commits);
            settle(&db).await;
            let expected = if is_set && commits { "after" } else { "one" };
            assert_eq!(truth(&db).await, expected, "nothing is written outside of the transaction");
            assert_eq!(title(&db).await, expected);
        }
    }
}

#[tokio::test]
async fn a_savepoint_that_cannot_be_set_ends_the_transaction() {
    let db = narrow_shop().await;
    title(&db).await;
    for commits in [false, true] {
        let tx = db.begin().await.unwrap();
        let refused = match db.get_database_backend() {
            DbBackend::Postgres => {
                tx.execute_unprepared("INSERT INTO author VALUES (1, 'Ada')").await.unwrap_err();
                tx.begin().await
            }
            DbBackend::MySql => tx.begin_with_config(Some(IsolationLevel::Serializable), None).await,
            _ => return,
        };
        refused.unwrap_err();
        let after = tx.execute_unprepared("UPDATE article SET title = 'after' WHERE id = 1").await;
        let ended = if commits { tx.commit().await } else { tx.rollback().await };
        settle(&db).await;
        assert_eq!(title(&db).await, truth(&db).await);
        assert_eq!(truth(&db).await, "one", "nothing is written outside of the transaction");
        assert!(after.unwrap_err().to_string().contains("begin again"));
        assert_eq!(ended.is_ok(), !commits);
    }
}

/// PostgreSQL sets the savepoint and refuses its level: SeaORM goes back to the savepoint, and the transaction stands.
#[tokio::test]
async fn a_level_that_is_refused_of_a_savepoint_ends_no_transaction() {
    let db = narrow_shop().await;
    if db.get_database_backend() != DbBackend::Postgres {
        return;
    }
    let tx = db.begin().await.unwrap();
    set_title(&tx, "before").await;
    tx.begin_with_config(Some(IsolationLevel::Serializable), None).await.unwrap_err();
    tx.execute_unprepared("UPDATE article SET title = 'after' WHERE id = 1").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(title(&db).await, "after");
}

/// The shop's tables as SeaORM 2 would have them written, with relations as fields.
mod writer {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Serialize, serde::Deserialize)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        #[sea_orm(has_many)]
        pub works: HasMany<super::work::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod work {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Serialize, serde::Deserialize)]
    #[sea_orm(table_name = "article")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
        pub score: f64,
        pub author_id: i64,
        #[sea_orm(belongs_to, from = "author_id", to = "id")]
        pub author: BelongsTo<super::writer::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn work(title: &str) -> work::ActiveModelEx {
    work::ActiveModel::builder().set_title(title).set_published(true).set_category("rust").set_score(1.0)
}

async fn count(db: &CachedConnection) -> u64 {
    use cache_seaorm::CacheExt;
    article::Entity::find().cached().count(db).await.unwrap()
}

/// A graph is saved in a savepoint of its own.
#[tokio::test]
async fn a_saved_graph_is_seen_at_the_commit_around_it_and_not_before() {
    let db = shop().await;
    let save = async |tx: &cache_seaorm::CachedTransaction, name: &str| {
        let writer = writer::ActiveModel::builder().set_name(name);
        writer.add_work(work("first")).add_work(work("second")).save(tx).await
    };
    title(&db).await;
    assert_eq!(count(&db).await, 4);
    let tx = db.begin().await.unwrap();
    save(&tx, "Cleo").await.unwrap();
    assert!(is_cached(&db).await);
    assert_eq!(count(&db).await, 4);
    tx.commit().await.unwrap();
    assert_eq!(count(&db).await, 6);

    // One that is refused takes back its own savepoint, and nothing else.
    let tx = db.begin().await.unwrap();
    save(&tx, "Dora").await.unwrap();
    save(&tx, "Ada").await.unwrap_err();
    save(&tx, "Emil").await.unwrap();
    assert_eq!(count(&db).await, 6);
    tx.commit().await.unwrap();
    assert_eq!(count(&db).await, 10);

    let tx = db.begin().await.unwrap();
    save(&tx, "Finn").await.unwrap();
    drop(tx);
    assert_eq!(count(&db).await, 10);
    writer::ActiveModel::builder().set_name("Gus").add_work(work("third")).save(&*db).await.unwrap();
    assert_eq!(count(&db).await, 11);
}

/// Serde writes a relation that is not there as one that was not loaded: such a value is kept where it need not be bytes.
#[tokio::test]
async fn a_loaded_graph_is_never_taken_from_bytes_that_do_not_tell_what_was_loaded() {
    let db = shop().await;
    let load = async || {
        let block = db.cached_query("writers").run(async |db| {
            let writers =
                writer::Entity::load().with(work::Entity).order_by_asc(writer::Column::Id).all(db).await?;
            Ok::<_, DbErr>(writers)
        });
        block.await.unwrap()
    };
    let writers = load().await;
    assert_eq!(writers.len(), 2);
    assert_eq!(writers[0].works.len(), 2);
    db.selects();
    assert_eq!(load().await, writers);
    assert_eq!(db.selects(), 0, "this process keeps it");
    set_title(&*db, "new").await;
    assert!(load().await[0].works.iter().any(|work| work.title == "new"));
    let written = db.cache().codec().encode(&writers).unwrap_err();
    assert!(std::error::Error::source(&written).unwrap().to_string().contains("ModelEx"), "{written}");
}
