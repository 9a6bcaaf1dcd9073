use std::time::Duration;

use super::*;
use crate::store::{MemoryStore, Store};

/// Two caches with one log and one store, as two processes have.
fn two() -> (Arc<MemoryStore>, Cache, Cache) {
    let log = Arc::new(Elsewhere::default());
    let store = Arc::new(MemoryStore::new(1 << 20));
    let process = || Cache::builder().log(log.clone()).store(store.clone()).build();
    (store.clone(), process(), process())
}

#[tokio::test]
async fn what_one_process_loads_another_finds_in_the_store() {
    let (_, one, two) = two();
    read(&one, 1).await;
    let outcome = read(&two, 2).await;
    assert_eq!((*outcome.value, outcome.source.to_string()), (1, "hit in the store".into()));
    assert_eq!(read(&two, 3).await.source.to_string(), "hit");
    assert_eq!((two.stats().store_hits, two.stats().hits), (1, 1));
}

#[tokio::test]
async fn a_write_in_one_process_ends_the_entry_in_every_level_of_another() -> Result<()> {
    let (_, one, two) = two();
    read(&one, 1).await;
    read(&two, 1).await;
    one.publish(marks(7), None).await?;
    let outcome = read(&two, 2).await;
    assert_eq!((*outcome.value, outcome.source.to_string()), (2, "miss: touched by publication 1".into()));
    Ok(())
}

#[tokio::test]
async fn a_late_fill_is_dead_on_arrival_in_the_store_too() -> Result<()> {
    let (_, one, two) = two();
    let late = load(&one, Policy::new(), async |_| {
        two.publish(marks(7), None).await.unwrap();
        Ok(loaded(1))
    });
    late.await.unwrap();
    assert_eq!(*read(&two, 2).await.value, 2);
    Ok(())
}

#[tokio::test]
async fn unreadable_bytes_are_a_miss_and_are_overwritten() -> Result<()> {
    let (store, writer, _) = two();
    read(&writer, 1).await;
    let right = store.get(key()).await?.unwrap();
    let log = Arc::new(MemoryLog::new());
    let process = || Cache::builder().log(log.clone()).store(store.clone()).index_bytes(64).build();
    for length in 0..right.len() {
        store.put(key(), Arc::from(&right[..length]), Duration::MAX).await?;
        let outcome = read(&process(), 2).await;
        assert!(matches!(outcome.source, Source::Miss(MissReason::Unreadable)), "cut to {length}");
        assert_eq!(read(&process(), 3).await.source.to_string(), "hit in the store");
    }
    Ok(())
}

#[tokio::test]
async fn bytes_of_another_type_are_a_miss() {
    let (_, one, two) = two();
    read(&one, 1).await;
    let request = Request { key: key(), policy: &Policy::new(), codec: &two.codec::<u64>() };
    let outcome = two.load(&request, async |_| Ok::<_, ()>(loaded(2))).await.unwrap();
    assert!(matches!(outcome.source, Source::Miss(MissReason::Unreadable)));
    assert_eq!(*outcome.value, 2);
}

#[cfg(feature = "json")]
#[tokio::test]
async fn bytes_of_another_format_are_a_miss() {
    let (store, one, _) = two();
    read(&one, 1).await;
    let log = Arc::new(Elsewhere::default());
    let json = Cache::builder().log(log).store(store).format(crate::codec::Format::Json).build();
    assert!(!read(&json, 2).await.source.is_hit());
}

#[tokio::test]
async fn an_entry_in_the_store_expires() {
    let time = ManualClock::new();
    let (log, store) = (Arc::new(MemoryLog::new()), Arc::new(MemoryStore::new(1 << 20)));
    let process = || Cache::builder().log(log.clone()).store(store.clone()).clock(time.clock()).build();
    let policy = Policy::new().ttl(Duration::from_secs(60)).jitter(0);
    read_as(&process(), &policy, 1).await;
    time.advance(Duration::from_millis(59_999));
    let second = process();
    assert!(read_as(&second, &policy, 2).await.source.is_hit());
    time.advance(Duration::from_millis(1));
    assert_eq!(read_as(&second, &policy, 3).await.source.to_string(), "miss: expired");
}

#[tokio::test]
async fn the_bound_in_bytes_holds() -> Result<()> {
    let cache = Cache::builder().max_bytes(100_000).build();
    for number in 0..1000 {
        cache.put(EntryKey::of("k", &number)?, vec![0_u8; 1000], [crate::Dep::tag("t")]).await?;
        assert!(cache.stats().bytes <= 100_000, "{:?}", cache.stats());
    }
    assert!(cache.stats().bytes > 50_000, "{:?}", cache.stats());
    Ok(())
}

#[tokio::test]
async fn a_value_heavier_than_the_bound_is_served_to_those_who_wait_but_not_kept() -> Result<()> {
    let cache = Cache::builder().max_bytes(1000).build();
    cache.put(KEY, vec![0_u8; 10_000], [crate::Dep::tag("t")]).await?;
    assert_eq!(cache.get::<Vec<u8>>(KEY).await, None);
    assert_eq!(cache.stats().entries, 0);
    Ok(())
}

#[tokio::test]
async fn an_inspection_says_what_a_read_would_find() -> Result<()> {
    let time = ManualClock::new();
    let cache = Cache::builder().clock(time.clock()).build();
    let miss = async |cache: &Cache| match cache.inspect(KEY).await.unwrap() {
        Inspection::Miss(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(miss(&cache).await, "never filled");
    let policy = Policy::new().ttl(Duration::from_secs(60)).jitter(0);
    read_as(&cache, &policy, 1).await;
    let Inspection::Fresh(fresh) = cache.inspect(KEY).await? else { panic!("it was filled") };
    assert_eq!((fresh.level, fresh.expires_in), (Level::Values, Some(Duration::from_secs(60))));
    assert_eq!(cache.stats().hits, 0, "an inspection is no read");
    time.advance(Duration::from_secs(60));
    assert_eq!(miss(&cache).await, "expired");
    read_as(&cache, &policy, 1).await;
    cache.publish(marks(7), Some(Arc::new("DELETE"))).await?;
    assert_eq!(miss(&cache).await, "touched by publication 1 of DELETE");
    let watched = Watched::Unstorable(Reason::new("it calls now()"));
    load(&cache, policy.clone(), async |_| Ok(Loaded { value: 1, watched })).await.unwrap();
    assert_eq!(miss(&cache).await, "cannot be stored: it calls now()");
    Ok(())
}

#[tokio::test]
async fn an_inspection_looks_into_the_store() -> Result<()> {
    let (_, one, two) = two();
    read(&one, 1).await;
    let Inspection::Fresh(fresh) = two.inspect(KEY).await? else { panic!("it is in the store") };
    assert_eq!(fresh.level, Level::Store);
    one.publish(marks(7), None).await?;
    assert!(matches!(two.inspect(KEY).await?, Inspection::Miss(MissReason::Touched(_))));
    Ok(())
}
