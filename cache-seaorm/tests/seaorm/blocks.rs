//! Blocks: what they read decides when they miss.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cache_seaorm::{CacheConnection, CacheExt, CachedConnection, cached_query};
use futures_util::FutureExt;
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, DbErr, LoaderTrait, QueryOrder, TransactionTrait, entity::*, query::*};

use crate::shop::{CONNECTIONS, Shop, article, author, shop};

async fn page(db: &CachedConnection) -> Result<Vec<(String, Vec<String>)>, DbErr> {
    let authors = author::Entity::find().order_by_asc(author::Column::Id).all(db).await?;
    let articles = authors.load_many(article::Entity, db).await?;
    let titles = articles.into_iter().map(|list| list.into_iter().map(|article| article.title).collect());
    Ok(authors.into_iter().map(|author| author.name).zip(titles).collect())
}

/// Whether the block is served without asking the database.
async fn is_cached(db: &Shop) -> bool {
    db.selects();
    let block = db.cached_query("page").run(page).await.unwrap();
    let hit = db.selects() == 0;
    assert_eq!(block, page(db).await.unwrap());
    hit
}

#[tokio::test]
async fn a_block_of_several_reads_misses_when_one_of_them_would() {
    let db = &shop().await;
    assert!(!is_cached(db).await);
    assert!(is_cached(db).await);
    db.execute_unprepared("UPDATE author SET name = 'A' WHERE id = 1").await.unwrap();
    assert!(!is_cached(db).await);
    assert!(is_cached(db).await);
    db.execute_unprepared("INSERT INTO article VALUES (9, 'nine', false, 'x', 0, 2)").await.unwrap();
    assert!(!is_cached(db).await);
    db.execute_unprepared("UPDATE tag SET label = 'x'").await.unwrap();
    assert!(is_cached(db).await);
}

#[tokio::test]
async fn a_cached_read_in_a_block_counts_even_if_it_hits() {
    let db = &shop().await;
    let outer = async || {
        let block = db.cached_query("outer").run(async |db| {
            let one = article::Entity::find_by_id(1).cached().one(db).await?;
            let inner = db.cached_query("inner").run(async |db| {
                let two = article::Entity::find_by_id(2).one(db).await?;
                Ok::<_, DbErr>(two.map(|article| article.title))
            });
            Ok::<_, DbErr>((one.map(|article| article.title), inner.await?))
        });
        block.await.unwrap()
    };
    article::Entity::find_by_id(1).cached().one(&**db).await.unwrap();
    assert_eq!(outer().await.0.unwrap(), "one");
    for (id, title) in [(1, "uno"), (2, "due")] {
        let update = format!("UPDATE article SET title = '{title}' WHERE id = {id}");
        db.execute_unprepared(&update).await.unwrap();
        let (one, two) = outer().await;
        assert_eq!([one, two][id - 1].as_deref(), Some(title));
    }
}

#[tokio::test]
async fn a_block_that_writes_or_opens_a_transaction_runs_each_time() {
    let db = &shop().await;
    for runs in 1..4 {
        let block = db.cached_query("writes").run(async |db| {
            db.execute_unprepared("UPDATE author SET name = name || '!' WHERE id = 1").await?;
            Ok::<_, DbErr>(author::Entity::find_by_id(1).one(db).await?.unwrap().name)
        });
        assert_eq!(block.await.unwrap(), format!("Ada{}", "!".repeat(runs)));
    }
    for _ in 0..2 {
        let block = db.cached_query("transaction").run(async |db| {
            let tx = db.begin().await?;
            let found = author::Entity::find_by_id(1).one(&tx).await?;
            tx.commit().await?;
            Ok::<_, DbErr>(found.unwrap().name)
        });
        db.selects();
        block.await.unwrap();
        assert_eq!(db.selects(), 1);
    }
}

#[tokio::test]
async fn a_block_that_reads_a_stream_is_not_stored() {
    use futures_util::TryStreamExt;
    let db = &shop().await;
    for _ in 0..2 {
        let block = db.cached_query("stream").run(async |db| {
            let stream = author::Entity::find().stream(db).await?;
            let authors: Vec<author::Model> = stream.try_collect().await?;
            Ok::<_, DbErr>(authors.len())
        });
        db.selects();
        assert_eq!(block.await.unwrap(), 2);
        assert_eq!(db.selects(), 1);
    }
}

/// Nobody notes what it reads there.
#[tokio::test]
async fn a_block_that_reads_around_the_cache_is_not_stored() {
    let db = &shop().await;
    for name in ["Ada", "Eve"] {
        let update = format!("UPDATE author SET name = '{name}' WHERE id = 1");
        db.execute_unprepared(&update).await.unwrap();
        let block = db.cached_query("around").run(async |db| {
            article::Entity::find_by_id(1).one(db).await?;
            let author = author::Entity::find_by_id(1).one(db.untracked()).await?;
            Ok::<_, DbErr>(author.unwrap().name)
        });
        assert_eq!(block.await.unwrap(), name);
    }
}

/// Whoever goes on without a read that failed may have it the next time.
#[tokio::test]
async fn a_block_that_goes_on_without_a_cached_read_or_an_inner_block_is_not_stored() {
    let db = &shop().await;
    let overflows = "abs(-9223372036854775807 - CASE title WHEN 'one' THEN 1 ELSE 0 END) > 0";
    let cached = async || {
        let block = db.cached_query("cached").run(async |db| {
            let articles = article::Entity::find().filter(Expr::cust(overflows)).cached().count(db).await;
            Ok::<_, DbErr>((articles.is_ok(), author::Entity::find().all(db).await?.len()))
        });
        block.await.unwrap().0
    };
    let inner = async || {
        let block = db.cached_query("outer").run(async |db| {
            let articles = db
                .cached_query("inner")
                .run(async |db| article::Entity::find().filter(Expr::cust(overflows)).count(db).await);
            let articles = articles.await;
            Ok::<_, DbErr>((articles.is_ok(), author::Entity::find().all(db).await?.len()))
        });
        block.await.unwrap().0
    };
    assert_eq!((cached().await, inner().await), (false, false));
    db.execute_unprepared("UPDATE article SET title = 'uno' WHERE id = 1").await.unwrap();
    assert_eq!((cached().await, inner().await), (true, true));
}

#[tokio::test]
async fn a_block_that_gives_up_what_it_began_is_not_stored() {
    let shop = &shop().await;
    for part in ["a read", "a cached read", "a write", "a transaction"] {
        let runs = AtomicUsize::new(0);
        for _ in 0..2 {
            let block = shop.cached_query(part).run(async |db| {
                runs.fetch_add(1, Ordering::Relaxed);
                let mut all = Vec::new();
                for _ in 0..CONNECTIONS {
                    all.push(shop.begin().await?);
                }
                let articles = article::Entity::find();
                let is_given_up = match part {
                    "a read" => articles.all(db).now_or_never().is_none(),
                    "a cached read" => articles.cached().all(db).now_or_never().is_none(),
                    "a write" => {
                        let update = "UPDATE article SET title = 'x' WHERE id = 1";
                        db.execute_unprepared(update).now_or_never().is_none()
                    }
                    _ => db.begin().now_or_never().is_none(),
                };
                assert!(is_given_up);
                for connection in all {
                    connection.rollback().await?;
                }
                Ok::<_, DbErr>(author::Entity::find().all(db).await?.len())
            });
            assert_eq!(block.await.unwrap(), 2);
        }
        assert_eq!(runs.into_inner(), 2, "{part}");
    }
}

#[tokio::test]
async fn errors_are_not_cached() {
    let db = &shop().await;
    let fails = db.cached_query("fails").run(async |_| Err::<(), _>("no"));
    assert_eq!(fails.await.unwrap_err(), "no");
    let works = db.cached_query("fails").ttl(Duration::from_secs(1)).run(async |_| Ok::<_, DbErr>(()));
    works.await.unwrap();
}

#[tokio::test]
async fn in_a_transaction_a_block_just_runs() {
    let db = &shop().await;
    let tx = db.begin().await.unwrap();
    for _ in 0..2 {
        db.selects();
        let block = tx
            .cached_query("page")
            .run(async |db| Ok::<_, DbErr>(author::Entity::find().all(db).await?.len()));
        assert_eq!(block.await.unwrap(), 2);
        assert_eq!(db.selects(), 1);
    }
}

#[tokio::test]
async fn the_key_tells_blocks_apart_and_names_the_entry() {
    let db = &shop().await;
    let count = async |key: u64, answer: u64| {
        let block = db.cached_query(("count", key)).shared().run(async |db| {
            author::Entity::find().all(db).await?;
            Ok::<_, DbErr>(answer)
        });
        block.await.unwrap()
    };
    assert_eq!(*count(1, 1).await, 1);
    assert_eq!(*count(2, 2).await, 2);
    assert!(Arc::ptr_eq(&count(1, 3).await, &count(1, 4).await));
    let key = |number: u64| db.cached_query(("count", number)).entry_key::<u64>().unwrap();
    assert_ne!(key(1), key(2));
}

#[cached_query(ttl = "60s", tags("authors"))]
async fn by_author(db: &CachedConnection, author: i64, category: &str) -> Result<Vec<String>, DbErr> {
    let articles = article::Entity::find().filter(article::Column::AuthorId.eq(author));
    let articles = articles.filter(article::Column::Category.eq(category)).all(db).await?;
    Ok(articles.into_iter().map(|article| article.title).collect())
}

#[tokio::test]
async fn a_function_is_cached_by_its_arguments() {
    let db = &shop().await;
    for (author, titles) in [(1, ["one"]), (2, ["two"])] {
        let expected: Vec<&str> = titles.iter().copied().chain((author == 2).then_some("four")).collect();
        assert_eq!(by_author(db, author, "rust").await.unwrap(), expected);
        db.selects();
        assert_eq!(by_author(db, author, "rust").await.unwrap(), expected);
        assert_eq!(db.selects(), 0);
    }
    db.execute_unprepared("UPDATE article SET title = 'uno' WHERE id = 1").await.unwrap();
    assert_eq!(by_author(db, 1, "rust").await.unwrap(), ["uno"]);
    db.selects();
    by_author(db, 2, "rust").await.unwrap();
    assert_eq!(db.selects(), 0, "the other author's list is untouched");
}

#[tokio::test]
async fn blocks_and_functions_can_be_spawned() {
    let db = shop().await;
    let shared = (*db).clone();
    let task = tokio::spawn(async move {
        let name = "page".to_owned();
        let block = shared.cached_query(&name).run(async |db| {
            let _ = &name;
            page(db).await
        });
        (block.await, by_author(&shared, 1, "rust").await)
    });
    let (block, function) = task.await.unwrap();
    assert_eq!(block.unwrap().len(), 2);
    assert_eq!(function.unwrap(), ["one"]);
}

async fn titles_in<C: CacheConnection>(db: &C, category: &str) -> Result<Vec<String>, DbErr> {
    let block = db.cached_query(("titles", category)).ttl(Duration::from_secs(60));
    block
        .run(async |db| {
            let of_category = article::Entity::find().filter(article::Column::Category.eq(category));
            let articles = of_category.order_by_asc(article::Column::Id).all(db).await?;
            Ok(articles.into_iter().map(|article| article.title).collect())
        })
        .await
}

#[cached_query]
async fn count_in(db: &impl CacheConnection, category: &str) -> Result<u64, DbErr> {
    article::Entity::find().filter(article::Column::Category.eq(category)).count(db).await
}

#[tokio::test]
async fn a_block_that_runs_on_either_is_cached_on_a_connection_and_runs_in_a_transaction() {
    let db = &shop().await;
    let handle: CachedConnection = (**db).clone();
    // In a task: what it waits for can be sent.
    let read = || {
        let db = handle.clone();
        tokio::spawn(
            async move { (titles_in(&db, "rust").await.unwrap(), count_in(&db, "rust").await.unwrap()) },
        )
    };
    let before = read().await.unwrap();
    assert_eq!(before.1, before.0.len() as u64);
    db.selects();
    assert_eq!(read().await.unwrap(), before);
    assert_eq!(db.selects(), 0);

    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("INSERT INTO article VALUES (9, 'nine', true, 'rust', 0, 1)").await.unwrap();
    assert_eq!(titles_in(&tx, "rust").await.unwrap().last().unwrap(), "nine");
    assert_eq!(count_in(&tx, "rust").await.unwrap(), before.1 + 1);
    tx.rollback().await.unwrap();
    db.selects();
    assert_eq!(read().await.unwrap(), before);
    assert_eq!(db.selects(), 0, "what the transaction saw is not kept");

    db.execute_unprepared("INSERT INTO article VALUES (9, 'nine', true, 'rust', 0, 1)").await.unwrap();
    assert_eq!(titles_in(&**db, "rust").await.unwrap().last().unwrap(), "nine");
    assert_eq!(count_in(&**db, "rust").await.unwrap(), before.1 + 1);
}
