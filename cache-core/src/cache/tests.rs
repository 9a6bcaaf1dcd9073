use super::*;
use crate::mark::{Mark, Marks};
use crate::store::EntryKey;

fn marks(bits: u64) -> Marks {
    [Mark::from_bits(bits)].into_iter().collect()
}

async fn read(cache: &Cache, value: i64) -> Outcome<i64> {
    let request =
        Request { key: EntryKey::from("key"), policy: &Policy::new(), codec: &cache.codec::<i64>() };
    let loaded: Result<_, ()> =
        cache.load(&request, async |_| Ok(Loaded { value, watched: marks(7).into() })).await;
    loaded.unwrap()
}

#[tokio::test]
async fn a_value_is_served_until_a_write_touches_it() -> Result<()> {
    let cache = Cache::from_url("memory://")?;
    assert!(!read(&cache, 1).await.source.is_hit());
    assert!(read(&cache, 2).await.source.is_hit());
    cache.publish(marks(8), None).await?;
    assert!(read(&cache, 2).await.source.is_hit());
    cache.publish(marks(7), Some(Arc::new("UPDATE"))).await?;
    let outcome = read(&cache, 3).await;
    assert_eq!(
        (*outcome.value, outcome.source.to_string()),
        (3, "miss: touched by publication 2 of UPDATE".into())
    );
    Ok(())
}

#[tokio::test]
async fn a_load_can_run_in_a_spawned_task() -> Result<()> {
    let cache = Cache::from_url("memory://")?;
    let task = tokio::spawn(async move {
        let policy = Policy::new();
        let codec = cache.codec::<String>();
        let request = Request { key: "key".into(), policy: &policy, codec: &codec };
        let name = "x".to_owned();
        let outcome: Result<_, ()> = cache
            .load(&request, async |_| {
                tokio::task::yield_now().await;
                Ok(Loaded { value: name.clone(), watched: Marks::default().into() })
            })
            .await;
        outcome.map(|outcome| outcome.value)
    });
    assert_eq!(task.await.unwrap().unwrap().as_str(), "x");
    Ok(())
}
