use std::any::Any;

use super::*;
use crate::deps::Dep;
use crate::store::MemoryStore;

/// A database of one table, whose rows and scopes are its table.
struct Database(u64);

impl Resolve for Database {
    fn watched(&self, dep: &Dep) -> Result<Marks> {
        match dep.to_string().as_str() {
            "table article" => Ok(marks(self.0)),
            other => Err(Error::new(ErrorKind::UnknownDependency, format!("no {other} here"))),
        }
    }

    fn touched(&self, dep: &Dep) -> Result<Marks> {
        self.watched(dep)
    }
}

#[tokio::test]
async fn a_value_depends_on_the_table_in_every_attached_database() -> Result<()> {
    let cache = Cache::builder().build();
    let databases: [Arc<dyn Resolve>; 2] = [Arc::new(Database(1)), Arc::new(Database(2))];
    databases.iter().for_each(|database| cache.attach_resolver(Arc::clone(database)));
    for touched in [1, 2] {
        cache.put(KEY, 1_i64, [Dep::table("article")]).await?;
        assert_eq!(cache.get::<i64>(KEY).await.as_deref(), Some(&1));
        cache.publish(marks(touched), None).await?;
        assert_eq!(cache.get::<i64>(KEY).await, None);
    }
    Ok(())
}

#[tokio::test]
async fn a_value_that_has_no_bytes_keeps_no_other_from_the_processes_that_share_a_store() -> Result<()> {
    let (log, store) = (Arc::new(MemoryLog::new()), Arc::new(MemoryStore::new(1 << 20)));
    let process = || Cache::builder().log(log.clone()).store(store.clone()).build();
    let (one, two) = (process(), process());
    let values = [("a", Some(Some(1_i64))), ("b", Some(None)), ("c", Some(Some(3)))];
    one.put_many(values, []).await?;
    let found = async |cache: &Cache| {
        let found = cache.get_many::<Option<Option<i64>>>(["a", "b", "c"]).await;
        found.into_iter().map(|value| value.as_deref().copied()).collect::<Vec<_>>()
    };
    assert_eq!(found(&one).await, values.map(|(_, value)| Some(value)));
    assert_eq!(found(&two).await, [Some(values[0].1), None, Some(values[2].1)]);
    Ok(())
}

#[tokio::test]
async fn a_dependency_that_no_database_knows_is_an_error() {
    let cache = Cache::builder().build();
    let error = cache.put(KEY, 1_i64, [Dep::table("article")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownDependency);
    assert!(error.to_string().contains("no database that knows table article is attached"), "{error}");
    let database: Arc<dyn Resolve> = Arc::new(Database(1));
    cache.attach_resolver(Arc::clone(&database));
    let error = cache.invalidate(Dep::table("author")).await.unwrap_err();
    assert_eq!(error.to_string(), "no table author here");
}

#[tokio::test]
async fn the_cache_does_not_keep_a_database_alive() {
    let cache = Cache::builder().build();
    let database: Arc<dyn Resolve> = Arc::new(Database(1));
    cache.attach_resolver(Arc::clone(&database));
    let any: Arc<dyn Any + Send + Sync> = cache.resolvers().remove(0);
    assert_eq!(any.downcast::<Database>().unwrap().0, 1);
    drop(database);
    assert!(cache.resolvers().is_empty());
}

#[tokio::test]
async fn a_value_read_before_a_write_and_put_after_it_is_dead_on_arrival() -> Result<()> {
    let cache = Cache::builder().build();
    let position = cache.position().await?;
    cache.invalidate(Dep::tag("t")).await?;
    cache.put_read_at(position, KEY, 1_i64, [Dep::tag("t")]).await?;
    assert_eq!(cache.get::<i64>(KEY).await, None);
    cache.put_read_at(cache.position().await?, KEY, 2_i64, [Dep::tag("t")]).await?;
    assert_eq!(cache.get::<i64>(KEY).await.as_deref(), Some(&2));
    Ok(())
}

#[tokio::test]
async fn a_value_without_dependencies_lives_until_its_time_is_over() -> Result<()> {
    let time = ManualClock::new();
    let cache = Cache::builder().clock(time.clock()).ttl(std::time::Duration::from_secs(60)).build();
    cache.put(KEY, 1_i64, []).await?;
    assert_eq!(cache.get::<i64>(KEY).await.as_deref(), Some(&1));
    time.advance(std::time::Duration::from_secs(60));
    assert_eq!(cache.get::<i64>(KEY).await, None);
    Ok(())
}

#[tokio::test]
async fn a_value_whose_dependency_no_database_knows_is_loaded_but_not_stored() {
    let cache = Cache::builder().build();
    for value in 1..4 {
        let deps = [Dep::table("article")];
        let loaded: Result<_, ()> = cache.get_or_load(KEY, deps, async || Ok(value)).await;
        assert_eq!(loaded.as_deref(), Ok(&value));
    }
    let Inspection::Miss(reason) = cache.inspect(KEY).await.unwrap() else { panic!("it was stored") };
    assert!(
        reason.to_string().starts_with("cannot be stored: no database that knows table article"),
        "{reason}"
    );
}

#[tokio::test]
async fn get_or_load_loads_again_after_an_invalidation() -> Result<()> {
    let cache = Cache::builder().build();
    let value =
        async |value: i64| cache.get_or_load(KEY, [Dep::tag("t")], async || Ok::<_, Error>(value)).await;
    assert_eq!(*value(1).await?, 1);
    assert_eq!(*value(2).await?, 1);
    cache.invalidate(Dep::tag("t")).await?;
    assert_eq!(*value(3).await?, 3);
    Ok(())
}

#[tokio::test]
async fn those_who_listen_learn_what_happens_until_they_stop() -> Result<()> {
    let cache = Cache::builder().build();
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    let subscription = cache.on_event(move |event| heard.lock().unwrap().push(event.to_string()));
    read(&cache, 1).await;
    let position = cache.publish(marks(7), Some(Arc::new("UPDATE"))).await?;
    drop(subscription);
    read(&cache, 2).await;
    let key = key();
    let events = events.lock().unwrap();
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(events[0].starts_with(&format!("filled {key}: 3 marks, ")));
    assert_eq!(events[1], format!("read {key}: miss: never filled"));
    assert_eq!(events[2], format!("published {position}: 1 marks, UPDATE"));
    Ok(())
}
