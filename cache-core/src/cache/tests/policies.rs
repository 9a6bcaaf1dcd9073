use std::time::Duration;

use super::*;
use crate::store::MemoryStore;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_entry_expires_after_its_time_to_live() {
    let time = ManualClock::new();
    let cache = Cache::builder().clock(time.clock()).ttl(MINUTE).build();
    let policy = Policy::new().jitter(0);
    read_as(&cache, &policy, 1).await;
    time.advance(MINUTE - Duration::from_millis(1));
    assert!(read_as(&cache, &policy, 2).await.source.is_hit());
    time.advance(Duration::from_millis(1));
    assert_eq!(read_as(&cache, &policy, 3).await.source.to_string(), "miss: expired");
}

#[tokio::test]
async fn the_longest_time_to_live_never_expires() {
    let time = ManualClock::new();
    let cache = Cache::builder().clock(time.clock()).build();
    let policy = Policy::new().ttl(Duration::MAX);
    read_as(&cache, &policy, 1).await;
    time.advance(Duration::from_secs(u64::MAX / 2000));
    assert!(read_as(&cache, &policy, 2).await.source.is_hit());
}

#[tokio::test]
async fn with_a_time_to_live_of_zero_each_call_loads() {
    let cache = Cache::builder().build();
    let policy = Policy::new().ttl(Duration::ZERO);
    read(&cache, 1).await;
    for value in 2..4 {
        let outcome = read_as(&cache, &policy, value).await;
        assert_eq!((*outcome.value, outcome.source.is_hit()), (value, false));
    }
    assert_eq!(*read(&cache, 4).await.value, 1, "what others stored is still there");
}

#[tokio::test]
async fn each_half_of_caching_can_be_left_out() {
    let cache = Cache::builder().build();
    let skip = |skip| Policy::new().skip(skip);
    read_as(&cache, &skip(Skip::Store), 1).await;
    assert_eq!(cache.stats().entries, 0);
    read_as(&cache, &skip(Skip::Lookup), 2).await;
    assert_eq!(*read(&cache, 3).await.value, 2);
    assert_eq!(*read_as(&cache, &skip(Skip::Store), 3).await.value, 2);
    let refreshed = read_as(&cache, &skip(Skip::Lookup), 4).await;
    assert_eq!(refreshed.source.to_string(), "miss: the policy says to load anew");
    assert_eq!(*read_as(&cache, &Policy::new().enabled(false), 5).await.value, 5);
    assert_eq!(*read(&cache, 6).await.value, 4);
}

#[tokio::test]
async fn only_what_store_if_accepts_is_stored() {
    let cache = Cache::builder().build();
    let policy = Policy::new().store_if(|value: &i64| *value > 0);
    read_as(&cache, &policy, 0).await;
    assert_eq!(*read_as(&cache, &policy, 1).await.value, 1);
    assert_eq!(*read_as(&cache, &policy, 2).await.value, 1);
}

#[tokio::test]
async fn a_tag_ends_every_entry_that_carries_it() -> Result<()> {
    let cache = Cache::builder().build();
    read_as(&cache, &Policy::new().tag("a").tag("b"), 1).await;
    cache.invalidate(crate::Dep::tag("c")).await?;
    assert!(read(&cache, 2).await.source.is_hit());
    cache.invalidate(crate::Dep::tag("b")).await?;
    assert_eq!(*read(&cache, 3).await.value, 3);
    Ok(())
}

#[tokio::test]
async fn an_entry_without_a_tag_that_a_read_has_is_a_miss_for_it() -> Result<()> {
    let store = Arc::new(MemoryStore::new(1 << 20));
    let cache = Cache::builder().store(store).build();
    read(&cache, 1).await;
    let tagged = Policy::new().tag("a");
    assert_eq!(*read_as(&cache, &tagged, 2).await.value, 2);
    assert_eq!(*read_as(&cache, &tagged, 3).await.value, 2);
    assert_eq!(*read(&cache, 3).await.value, 2, "who asks for none is served all the same");
    cache.invalidate(crate::Dep::tag("a")).await?;
    assert_eq!(*read_as(&cache, &tagged, 4).await.value, 4);
    Ok(())
}

#[test]
fn the_longest_time_to_live_is_shortened_as_any() {
    let longest = Duration::from_secs(u64::MAX);
    for (jitter, random) in [(0, 7), (10, 0), (10, u64::MAX)] {
        let short = Policy::new().jitter(jitter).shorten(longest, random);
        assert!(short <= longest && short >= longest / 2, "{short:?}");
    }
}

#[tokio::test]
async fn a_result_that_depends_on_nothing_is_stored_only_on_purpose() {
    let cache = Cache::builder().build();
    let nothing = async |policy: &Policy, value| {
        let watched = Marks::default().into();
        load(&cache, policy.clone(), async |_| Ok(Loaded { value, watched })).await.unwrap()
    };
    nothing(&Policy::new(), 1).await;
    assert_eq!(*nothing(&Policy::new(), 2).await.value, 2);
    assert_eq!(*nothing(&Policy::new().ttl(MINUTE), 3).await.value, 3);
    assert_eq!(*nothing(&Policy::new(), 4).await.value, 3);
}

#[tokio::test]
async fn a_disabled_cache_always_loads() -> Result<()> {
    let cache = Cache::disabled();
    for value in 0..2 {
        let outcome = read(&cache, value).await;
        assert_eq!((*outcome.value, outcome.source.is_hit()), (value, false));
    }
    cache.publish(marks(7), None).await?;
    cache.put(KEY, 1_i64, [crate::Dep::table("no database knows it")]).await?;
    assert_eq!(cache.get::<i64>(KEY).await, None);
    cache.invalidate(crate::Dep::table("no database knows it")).await?;
    cache.clear().await?;
    cache.close().await
}
