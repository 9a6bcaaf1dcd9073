//! What holds for every store that keeps what it is given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::Result;
use cache_core::store::{EntryKey, Store};

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

fn bytes(text: &str) -> Arc<[u8]> {
    Arc::from(text.as_bytes())
}
