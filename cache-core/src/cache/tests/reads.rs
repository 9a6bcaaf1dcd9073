use std::sync::atomic::AtomicI64;

use super::*;

#[tokio::test]
async fn a_value_is_served_until_a_write_touches_it() -> Result<()> {
    let cache = Cache::builder().build();
    assert_eq!(read(&cache, 1).await.source.to_string(), "miss: never filled");
    assert_eq!(read(&cache, 2).await.source.to_string(), "hit");
    cache.publish(marks(8), None).await?;
    assert_eq!(*read(&cache, 2).await.value, 1);
    cache.publish(marks(7), Some(Arc::new("UPDATE article"))).await?;
    let outcome = read(&cache, 3).await;
    assert_eq!(*outcome.value, 3);
    assert_eq!(outcome.source.to_string(), "miss: touched by publication 2 of UPDATE article");
    Ok(())
}

#[tokio::test]
async fn a_late_fill_is_dead_on_arrival() -> Result<()> {
    let cache = Cache::builder().build();
    let late = load(&cache, Policy::new(), async |_| {
        cache.publish(marks(7), None).await.unwrap();
        Ok(loaded(1))
    });
    assert_eq!(*late.await.unwrap().value, 1, "the loader itself gets what it loaded");
    let outcome = read(&cache, 2).await;
    assert_eq!(*outcome.value, 2);
    assert!(matches!(outcome.source, Source::Miss(MissReason::Touched(_))));
    Ok(())
}

#[tokio::test]
async fn a_late_fill_does_not_push_out_a_newer_value() -> Result<()> {
    let cache = Cache::builder().build();
    let late = load(&cache, Policy::new().skip(Skip::Lookup), async |_| {
        cache.publish(marks(7), None).await.unwrap();
        read_as(&cache, &Policy::new().skip(Skip::Lookup), 2).await;
        Ok(loaded(1))
    });
    late.await.unwrap();
    let outcome = read(&cache, 3).await;
    assert_eq!((*outcome.value, outcome.source.is_hit()), (2, true));
    Ok(())
}

#[tokio::test]
async fn what_is_not_understood_ends_every_entry() -> Result<()> {
    let cache = Cache::builder().build();
    read(&cache, 1).await;
    cache.publish(Marks::everything(), None).await?;
    assert_eq!(*read(&cache, 2).await.value, 2);
    Ok(())
}

#[tokio::test]
async fn a_new_epoch_ends_every_entry() -> Result<()> {
    let log = Arc::new(MemoryLog::new());
    let one = Cache::builder().log(log.clone()).build();
    let two = Cache::builder().log(log).build();
    read(&one, 1).await;
    read(&two, 1).await;
    one.clear().await?;
    assert_eq!(one.stats().entries, 0);
    let outcome = read(&two, 2).await;
    assert_eq!(*outcome.value, 2);
    assert!(matches!(outcome.source, Source::Miss(MissReason::OldEpoch)), "{}", outcome.source);
    Ok(())
}

#[tokio::test]
async fn an_entry_that_is_read_often_does_not_grow_old_for_the_index() -> Result<()> {
    let cache = Cache::builder().index_bytes(64).build();
    read(&cache, 1).await;
    for bits in 1..1000_u64 {
        cache.publish(marks(bits << 44), None).await?;
        assert!(read(&cache, 2).await.source.is_hit(), "{bits}");
    }
    Ok(())
}

#[tokio::test]
async fn concurrent_publications_do_not_end_what_they_do_not_touch() -> Result<()> {
    let cache = Cache::builder().build();
    read(&cache, 1).await;
    let writers = (0..4_u64).map(|writer| {
        let cache = cache.clone();
        std::thread::spawn(move || {
            for number in 0..2000 {
                cache.publish_detached(marks(1000 + writer * 2000 + number), None);
            }
        })
    });
    writers.collect::<Vec<_>>().into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(cache.stats().publications, 8000);
    assert!(read(&cache, 2).await.source.is_hit());
    Ok(())
}

#[tokio::test]
async fn a_block_is_as_old_as_its_oldest_part() -> Result<()> {
    let cache = Cache::builder().build();
    let before = cache.position().await?;
    cache.publish(marks(7), None).await?;
    let part = Watched::Marks { marks: Arc::new(marks(7)), position: Some(before) };
    let block = load(&cache, Policy::new(), async |_| Ok(Loaded { value: 1, watched: part }));
    let Watched::Marks { position, .. } = block.await.unwrap().watched() else { panic!("it has marks") };
    assert_eq!(position, Some(before));
    assert_eq!(*read(&cache, 2).await.value, 2);
    Ok(())
}

#[tokio::test]
async fn a_block_across_two_epochs_is_not_stored() -> Result<()> {
    let cache = Cache::builder().build();
    let before = cache.position().await?;
    cache.clear().await?;
    let part = Watched::Marks { marks: Arc::new(marks(7)), position: Some(before) };
    load(&cache, Policy::new(), async |_| Ok(Loaded { value: 1, watched: part })).await.unwrap();
    let outcome = read(&cache, 2).await;
    assert_eq!(
        outcome.source.to_string(),
        "miss: cannot be stored: the log began a new epoch during the load"
    );
    Ok(())
}

#[tokio::test]
async fn a_nested_hit_hands_on_all_marks_of_its_entry() -> Result<()> {
    let cache = Cache::builder().build();
    read(&cache, 1).await;
    let hit = read(&cache, 2).await;
    let Watched::Marks { marks: watched, position } = hit.watched() else { panic!("it has marks") };
    assert_eq!(position, Some(cache.position().await?));
    let wanted: Marks =
        [Mark::EVERYTHING, resolve::key_mark(key()), Mark::from_bits(7)].into_iter().collect();
    assert_eq!(*watched, wanted);
    Ok(())
}

#[tokio::test]
async fn a_value_of_another_type_is_a_miss() {
    let cache = Cache::builder().build();
    read(&cache, 1).await;
    let request = Request { key: key(), policy: &Policy::new(), codec: &cache.codec::<String>() };
    let outcome = cache.load(&request, async |_| Ok::<_, ()>(loaded("text".to_owned()))).await.unwrap();
    assert_eq!(*outcome.value, "text");
}

#[tokio::test]
async fn invalidating_an_entry_ends_it_and_its_fill_in_flight() -> Result<()> {
    let cache = Cache::builder().build();
    read(&cache, 1).await;
    cache.invalidate_entry(KEY).await?;
    let in_flight = load(&cache, Policy::new(), async |_| {
        cache.invalidate_entry(KEY).await.unwrap();
        Ok(loaded(2))
    });
    assert_eq!(*in_flight.await.unwrap().value, 2);
    let outcome = read(&cache, 3).await;
    assert_eq!(*outcome.value, 3);
    assert!(outcome.source.to_string().contains("of invalidate entry"), "{}", outcome.source);
    Ok(())
}

#[test]
fn a_read_needs_no_runtime() {
    let cache = Cache::builder().build();
    assert_eq!(*finish(&mut Box::pin(read(&cache, 1))).value, 1);
    assert_eq!(*finish(&mut Box::pin(read(&cache, 2))).value, 1);
}

#[tokio::test]
async fn a_read_can_run_in_a_spawned_task() {
    let cache = Cache::builder().build();
    let task = tokio::spawn(async move {
        let name = "x".to_owned();
        let policy = Policy::new();
        let request = Request { key: key(), policy: &policy, codec: &cache.codec::<String>() };
        let load = async |_: LoadStart| {
            tokio::task::yield_now().await;
            Ok::<_, ()>(loaded(name.clone()))
        };
        cache.load(&request, load).await.map(|outcome| outcome.value)
    });
    assert_eq!(task.await.unwrap().unwrap().as_str(), "x");
}

/// A database of one number, read and written by several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_that_starts_after_a_write_returned_gets_an_older_value() {
    let cache = Cache::builder().build();
    let (database, returned) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let writers = (0..2).map(|_| {
        let (cache, database, returned) = (cache.clone(), database.clone(), returned.clone());
        tokio::spawn(async move {
            for _ in 0..2000 {
                let written = database.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                cache.publish(marks(7), None).await.unwrap();
                returned.fetch_max(written, Ordering::SeqCst);
            }
        })
    });
    let readers = (0..4).map(|_| {
        let (cache, database, returned) = (cache.clone(), database.clone(), returned.clone());
        tokio::spawn(async move {
            for _ in 0..5000 {
                let oldest = returned.load(Ordering::SeqCst);
                let outcome = load(&cache, Policy::new(), async |_| {
                    let value = database.load(Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(loaded(value))
                });
                let value = *outcome.await.unwrap().value;
                assert!(value >= oldest, "read {value} after {oldest} was written");
            }
        })
    });
    for task in writers.chain(readers).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(*read(&cache, 4000).await.value, 4000);
}
