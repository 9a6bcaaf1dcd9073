//! What holds for every store that keeps what it is given, and for every cache whatever it stands on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::cache::Policy;
use cache_core::store::{EntryKey, Store};
use cache_core::{Cache, Dep, Result};

const SOON: Duration = Duration::from_millis(50);
const LATER: Duration = Duration::from_secs(600);
const DEADLINE: Duration = Duration::from_secs(10);

/// Checks an empty store.
///
/// # Errors
/// If the store does not answer.
///
/// # Panics
/// If it breaks a promise.
pub async fn check(store: &dyn Store) -> Result<()> {
    what_is_put_is_there_until_it_is_replaced(store).await?;
    bytes_are_kept_as_they_are(store).await?;
    only_what_is_absent_is_put(store).await?;
    what_expires_is_absent(store).await?;
    a_later_expiry_takes_the_place_of_an_earlier(store).await?;
    many_keys_are_as_each_of_them(store).await
}

async fn what_is_put_is_there_until_it_is_replaced(store: &dyn Store) -> Result<()> {
    let key = EntryKey::from("replaced");
    assert_eq!(store.get(key).await?, None);
    store.put(key, bytes("one"), Duration::MAX).await?;
    store.put(key, bytes("two"), Duration::MAX).await?;
    assert_eq!(store.get(key).await?, Some(bytes("two")));
    Ok(())
}

async fn bytes_are_kept_as_they_are(store: &dyn Store) -> Result<()> {
    let key = EntryKey::from("binary");
    let binary: Arc<[u8]> = (0..=255).cycle().take(70_000).collect();
    store.put(key, Arc::clone(&binary), LATER).await?;
    assert_eq!(store.get(key).await?, Some(binary));
    store.put(key, Arc::from([]), LATER).await?;
    assert_eq!(store.get(key).await?, Some(Arc::from([])));
    Ok(())
}

async fn only_what_is_absent_is_put(store: &dyn Store) -> Result<()> {
    let key = EntryKey::from("absent");
    assert!(store.put_if_absent(key, bytes("first"), LATER).await?);
    assert!(!store.put_if_absent(key, bytes("second"), LATER).await?);
    assert_eq!(store.get(key).await?, Some(bytes("first")));
    Ok(())
}

async fn what_expires_is_absent(store: &dyn Store) -> Result<()> {
    let key = EntryKey::from("expiring");
    store.put(key, bytes("old"), SOON).await?;
    absent(store, key).await?;
    assert!(!store.expire_in(key, LATER).await?);
    assert!(store.put_if_absent(key, bytes("new"), LATER).await?);
    assert!(store.expire_in(key, SOON).await?);
    absent(store, key).await
}

async fn a_later_expiry_takes_the_place_of_an_earlier(store: &dyn Store) -> Result<()> {
    let (kept, canary) = (EntryKey::from("kept"), EntryKey::from("canary"));
    store.put(kept, bytes("kept"), SOON).await?;
    assert!(store.expire_in(kept, LATER).await?);
    store.put(canary, bytes("gone"), SOON).await?;
    absent(store, canary).await?;
    assert_eq!(store.get(kept).await?, Some(bytes("kept")));
    Ok(())
}

async fn many_keys_are_as_each_of_them(store: &dyn Store) -> Result<()> {
    let keys = ["many-1", "many-2", "many-3"].map(EntryKey::from);
    store.put_many(vec![(keys[0], bytes("1")), (keys[2], bytes("3"))], LATER).await?;
    assert_eq!(store.get_many(&keys).await?, [Some(bytes("1")), None, Some(bytes("3"))]);
    store.put_many(Vec::new(), LATER).await?;
    assert_eq!(store.get_many(&[]).await?, []);
    Ok(())
}

/// Waits until the store has dropped the key.
async fn absent(store: &dyn Store, key: EntryKey) -> Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while store.get(key).await?.is_some() {
        assert!(Instant::now() < deadline, "the entry never expires");
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Checks two empty caches of one log, which may be one cache.
///
/// # Errors
/// If the log or the store does not answer.
///
/// # Panics
/// If they break a promise.
pub async fn check_caches(one: &Cache, two: &Cache) -> Result<()> {
    many_values_are_as_each_of_them(one, two).await?;
    only_where_nothing_is_a_value_is_put(one, two).await?;
    one_of_many_callers_puts(one, two).await?;
    a_value_ends_when_it_is_told_to(one, two).await?;
    what_has_ended_has_no_other_end(one, two).await
}

async fn many_values_are_as_each_of_them(one: &Cache, two: &Cache) -> Result<()> {
    let keys = ["value-1", "value-2", "value-3"];
    one.put_many([(keys[0], 1), (keys[2], 3)], [Dep::tag("odd")]).await?;
    let found = async |cache: &Cache| -> Vec<Option<i32>> {
        cache.get_many::<i32>(keys).await.into_iter().map(|value| value.as_deref().copied()).collect()
    };
    for cache in [one, two, one, two] {
        assert_eq!(found(cache).await, [Some(1), None, Some(3)]);
    }
    assert_eq!(two.get::<i32>(keys[0]).await.as_deref(), Some(&1));
    two.put(keys[1], 2, []).await?;
    one.invalidate_entry(keys[0]).await?;
    assert_eq!(found(one).await, [None, Some(2), Some(3)]);
    one.put(keys[0], 4, [Dep::tag("even")]).await?;
    assert_eq!(found(two).await, [Some(4), Some(2), Some(3)], "what another has put anew is found");
    one.invalidate(Dep::tag("odd")).await?;
    assert_eq!(found(two).await, [Some(4), Some(2), None]);
    assert!(one.get_many::<i32>([""; 0]).await.is_empty());
    one.put_many([("", 0); 0], []).await
}

async fn only_where_nothing_is_a_value_is_put(one: &Cache, two: &Cache) -> Result<()> {
    let tag = || [Dep::tag("term")];
    assert!(one.put_if_absent("leader", 1, tag()).await?);
    assert!(!two.put_if_absent("leader", 2, tag()).await?);
    assert!(!one.put_if_absent("leader", 3, tag()).await?);
    assert_eq!(two.get::<i32>("leader").await.as_deref(), Some(&1));
    two.invalidate(Dep::tag("term")).await?;
    assert!(one.put_if_absent("leader", 4, tag()).await?, "what has ended is not there");
    assert_eq!(two.get::<i32>("leader").await.as_deref(), Some(&4));
    Ok(())
}

async fn one_of_many_callers_puts(one: &Cache, two: &Cache) -> Result<()> {
    let callers = (0..40).map(|number| {
        let cache = if number % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { cache.put_if_absent("contended", number, []).await })
    });
    let mut puts = 0;
    for caller in callers.collect::<Vec<_>>() {
        puts += i32::from(caller.await.expect("a caller does not panic")?);
    }
    assert_eq!(puts, 1);
    assert_eq!(one.get::<i32>("contended").await, two.get::<i32>("contended").await);
    Ok(())
}

async fn a_value_ends_when_it_is_told_to(one: &Cache, two: &Cache) -> Result<()> {
    for (short, other) in [(one, two), (two, one)] {
        let (ends, stays) = ("ends", "stays");
        let soon = one.with_policy(Policy::new().ttl(SOON));
        soon.put(stays, 1, [Dep::tag("life")]).await?;
        one.put(ends, 1, [Dep::tag("life")]).await?;
        // Both have both.
        for cache in [one, two] {
            cache.get_many::<i32>([ends, stays]).await;
        }
        if short.expire_in(stays, LATER).await? {
            assert!(short.expire_in(ends, SOON).await?);
            gone(short, ends).await;
            gone(other, ends).await;
            assert_eq!(short.get::<i32>(stays).await.as_deref(), Some(&1));
            short.invalidate(Dep::tag("life")).await?;
            assert_eq!(short.get::<i32>(stays).await, None, "a longer life is no other dependency");
        }
    }
    Ok(())
}

async fn what_has_ended_has_no_other_end(one: &Cache, two: &Cache) -> Result<()> {
    assert!(!one.expire_in("never there", LATER).await?);
    one.put("touched", 1, [Dep::tag("touch")]).await?;
    two.invalidate(Dep::tag("touch")).await?;
    assert!(!one.expire_in("touched", LATER).await?);
    assert_eq!(one.get::<i32>("touched").await, None);
    assert_eq!(two.get::<i32>("touched").await, None);
    Ok(())
}

/// Waits until the cache serves the key no more.
async fn gone(cache: &Cache, key: &str) {
    let deadline = Instant::now() + DEADLINE;
    while cache.get::<i32>(key).await.is_some() {
        assert!(Instant::now() < deadline, "the value never ends");
        tokio::task::yield_now().await;
    }
}

fn bytes(text: &str) -> Arc<[u8]> {
    Arc::from(text.as_bytes())
}
