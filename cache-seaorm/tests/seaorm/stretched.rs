//! What is served beyond its time to live, and loaded anew behind the back of its readers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cache_core::cache::ManualClock;
use cache_seaorm::cache::Event;
use cache_seaorm::{Cache, CacheExt, CacheLoad, CachedConnection, Policy, cached_query};
use sea_orm::{ConnectionTrait, DbErr, QueryOrder, entity::*, query::*};

use crate::shop::{Shop, article, author, shop_with};

const MINUTE: Duration = Duration::from_secs(60);

/// A shop whose clock the test moves.
async fn shop() -> (ManualClock, Shop) {
    let time = ManualClock::new();
    let shop = shop_with(Cache::builder().clock(time.clock()).build()).await;
    (time, shop)
}

fn stretched() -> Policy {
    Policy::new().ttl(MINUTE).jitter(0).stale_while_revalidate(MINUTE)
}

async fn refreshed(db: &Shop, times: u64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while db.cache().stats().refreshes < times {
        assert!(Instant::now() < deadline, "{:?}", db.cache().stats());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn titles(list: Vec<article::Model>) -> String {
    list.into_iter().map(|article| article.title).collect::<Vec<_>>().join(" ")
}

#[cached_query(ttl = "60s", stale_while_revalidate = "60s")]
async fn of_author(db: &CachedConnection, name: &str, ids: &[i64]) -> Result<String, DbErr> {
    let authors = author::Entity::find().filter(author::Column::Id.is_in(ids.iter().copied()));
    let author = authors.filter(author::Column::Name.eq(name)).one(db).await?;
    let list = article::Entity::find().filter(article::Column::AuthorId.eq(author.map(|author| author.id)));
    Ok(titles(list.order_by_asc(article::Column::Id).all(db).await?))
}

/// Every kind of read, in words.
async fn reads(db: &CachedConnection) -> Result<Vec<String>, DbErr> {
    let articles = || article::Entity::find().order_by_asc(article::Column::Id);
    let cached = |select: Select<article::Entity>| select.cached().policy(stretched());
    let authors = author::Entity::find().order_by_asc(author::Column::Id).all(db.untracked()).await?;
    let grouped = author::Entity::find().find_with_related(article::Entity);
    let grouped = grouped.order_by_asc(author::Column::Id).order_by_asc(article::Column::Id);
    let block = db.cached_query("block").policy(stretched());
    Ok(vec![
        titles(cached(articles()).all(db).await?),
        cached(articles()).one(db).await?.map(|article| article.title).unwrap_or_default(),
        cached(articles().filter(article::Column::Title.contains("!"))).count(db).await?.to_string(),
        titles(cached(articles()).paginate(db, 2).fetch_page(0).await?),
        titles(cached(article::Entity::find()).cursor_by(article::Column::Id).last(2).all(db).await?),
        format!("{:?}", grouped.cached().policy(stretched()).all(db).await?),
        format!("{:?}", authors.cached().policy(stretched()).load_many(articles(), db).await?),
        block.run_owned(async move |db: CachedConnection| articles().all(&db).await.map(titles)).await?,
        of_author(db, "Ada", &[1, 2]).await?,
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_read_is_served_stale_and_loaded_anew_in_a_task() {
    let (time, db) = &shop().await;
    let old = reads(db).await.unwrap();
    db.unseen.execute_unprepared("UPDATE article SET title = title || '!'").await.unwrap();
    time.advance(MINUTE);
    assert_eq!(reads(db).await.unwrap(), old);
    refreshed(db, old.len() as u64).await;
    let new = reads(db).await.unwrap();
    assert!(old.iter().zip(&new).all(|(old, new)| old != new), "{old:?} {new:?}");
    let stats = db.cache().stats();
    assert_eq!((stats.stale, stats.hits, stats.misses), (9, 9, 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_entry_that_a_write_has_touched_is_loaded() {
    let (time, db) = &shop().await;
    let old = reads(db).await.unwrap();
    time.advance(MINUTE);
    db.execute_unprepared("UPDATE article SET title = title || '!'").await.unwrap();
    let new = reads(db).await.unwrap();
    assert!(old.iter().zip(&new).all(|(old, new)| old != new), "{old:?} {new:?}");
    assert_eq!(db.cache().stats().stale, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hit_near_its_end_is_loaded_anew_in_a_task() {
    let (time, db) = &shop().await;
    let read = async || {
        let policy = Policy::new().ttl(MINUTE).jitter(0).early_refresh(MINUTE / 4);
        titles(article::Entity::find().cached().policy(policy).all(&**db).await.unwrap())
    };
    let old = read().await;
    db.unseen.execute_unprepared("UPDATE article SET title = title || '!'").await.unwrap();
    time.advance(MINUTE / 4 * 3);
    assert_eq!(read().await, old);
    refreshed(db, 1).await;
    time.advance(MINUTE / 2);
    assert_ne!(read().await, old);
    assert_eq!((db.cache().stats().hits, db.cache().stats().misses), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_answered_for_by_what_no_write_has_touched() {
    let (time, db) = &shop().await;
    let failures = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&failures);
    let _subscription = db.cache().on_event(move |event| {
        if let Event::RefreshFailed { .. } = event {
            *seen.lock().unwrap() += 1;
        }
    });
    let read = async |policy: Policy| article::Entity::find().cached().policy(policy).all(&**db).await;
    let forgiving = || Policy::new().ttl(MINUTE).jitter(0).stale_if_error(MINUTE * 60);
    let list = read(forgiving()).await.unwrap();
    db.close_by_ref().await.unwrap();
    time.advance(MINUTE);
    assert_eq!(read(forgiving()).await.unwrap(), list);
    assert!(read(Policy::new().ttl(MINUTE)).await.is_err(), "only who asks for it");

    assert_eq!(read(forgiving().stale_while_revalidate(MINUTE)).await.unwrap(), list);
    let deadline = Instant::now() + Duration::from_secs(20);
    while *failures.lock().unwrap() == 0 {
        assert!(Instant::now() < deadline, "the refresh never fails");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    time.advance(MINUTE * 60);
    assert!(read(forgiving()).await.is_err(), "for ever is not asked for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_that_uses_what_was_served_stale_is_not_stored() {
    let (_, db) = &shop().await;
    let block = async || {
        let run = async |db: &CachedConnection| {
            let list = article::Entity::find().cached().policy(stretched().stale_after_write(MINUTE)).all(db);
            list.await.map(titles)
        };
        db.cached_query("page").run(run).await.unwrap()
    };
    let old = block().await;
    db.execute_unprepared("UPDATE article SET title = title || '!'").await.unwrap();
    assert_eq!(block().await, old, "its part was asked to be served although a write has touched it");
    refreshed(db, 1).await;
    assert_ne!(block().await, old, "and the block did not keep it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_says_that_a_read_would_be_served_stale() {
    let (time, db) = &shop().await;
    let read =
        async |db: &CachedConnection| article::Entity::find().cached().policy(stretched()).all(db).await;
    read(db).await.unwrap();
    time.advance(MINUTE);
    let why = db.explain(read).await.unwrap().to_string();
    assert!(why.contains("stale hit: expired and not touched"), "{why}");
}
