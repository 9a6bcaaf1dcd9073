use std::time::Duration;

use tokio::sync::oneshot;

use super::*;
use crate::store::{MemoryStore, Store};

const MINUTE: Duration = Duration::from_secs(60);

fn minute() -> Policy {
    Policy::new().ttl(MINUTE).jitter(0)
}

fn stretched() -> Policy {
    minute().stale_while_revalidate(MINUTE)
}

/// Caches whose clock the test moves.
struct World {
    time: ManualClock,
    log: Arc<Elsewhere>,
    store: Arc<MemoryStore>,
}

impl World {
    fn new() -> Self {
        Self { time: ManualClock::new(), log: Arc::default(), store: Arc::new(MemoryStore::new(1 << 20)) }
    }

    /// A process of its own: typed values and an index, nothing else.
    fn process(&self) -> Cache {
        Cache::builder().log(self.log.clone()).store(self.store.clone()).clock(self.time.clock()).build()
    }
}

/// A read whose load could run in a task, and the right to run it, if it was given one.
async fn detachable(cache: &Cache, policy: &Policy, value: i64) -> (Outcome<i64>, Option<Refresh<i64>>) {
    let codec = cache.codec::<i64>();
    let request = Request { key: key(), policy, codec: &codec };
    let mut due = None;
    let load = async |_| Ok::<_, &str>(loaded(value));
    let outcome = cache.load_detachable(&request, load, |refresh| due = Some(refresh)).await.unwrap();
    (outcome, due)
}

async fn run(cache: &Cache, refresh: Option<Refresh<i64>>, value: i64) {
    let load = async |_| Ok::<_, &str>(loaded(value));
    refresh.expect("a refresh is due").run(&cache.codec::<i64>(), load).await;
}

#[tokio::test]
async fn an_expired_entry_is_served_while_one_load_fetches_it_anew() {
    let world = World::new();
    let cache = world.process();
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE);
    let (first, refresh) = detachable(&cache, &stretched(), 2).await;
    assert_eq!(*first.value, 1);
    assert_eq!(
        first.source.to_string(),
        "stale hit: expired and not touched, served while it is loaded anew"
    );
    for _ in 0..100 {
        let (other, second) = detachable(&cache, &stretched(), 3).await;
        assert_eq!((*other.value, second.is_none()), (1, true), "one refresh for all callers");
    }
    run(&cache, refresh, 4).await;
    assert_eq!(detachable(&cache, &stretched(), 5).await.0.source.to_string(), "hit");
    assert_eq!(*read(&cache, 5).await.value, 4);
    let stats = cache.stats();
    assert_eq!((stats.stale, stats.refreshes, stats.misses), (101, 1, 1));
}

#[tokio::test]
async fn an_expired_entry_that_a_write_has_touched_is_never_served() -> Result<()> {
    for source in ["values", "store"] {
        let world = World::new();
        let cache = world.process();
        let policy = stretched().stale_if_error(MINUTE).early_refresh(MINUTE);
        read_as(&cache, &policy, 1).await;
        world.time.advance(MINUTE);
        cache.publish(marks(7), None).await?;
        let reader = if source == "values" { cache } else { world.process() };
        let failing = load(&reader, policy.clone(), async |_| Err("no database")).await;
        assert_eq!(failing.unwrap_err(), "no database", "{source}");
        let (outcome, refresh) = detachable(&reader, &policy, 2).await;
        assert_eq!((*outcome.value, refresh.is_none()), (2, true), "{source}");
    }
    Ok(())
}

#[tokio::test]
async fn the_stretch_of_an_entry_has_an_end() {
    let world = World::new();
    let cache = world.process();
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE * 2 - Duration::from_millis(1));
    assert_eq!(*detachable(&cache, &stretched(), 2).await.0.value, 1);
    assert_eq!(*detachable(&world.process(), &stretched(), 2).await.0.value, 1, "from the store");
    world.time.advance(Duration::from_millis(1));
    assert_eq!(*detachable(&cache, &stretched(), 3).await.0.value, 3);
}

#[tokio::test]
async fn without_the_policy_an_expired_entry_is_a_miss_whoever_stretched_it() {
    let world = World::new();
    let cache = world.process();
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE);
    assert_eq!(read_as(&cache, &minute(), 2).await.source.to_string(), "miss: expired");
}

#[tokio::test]
async fn the_store_keeps_an_entry_to_its_stretched_end() -> Result<()> {
    let world = World::new();
    let policy = minute().ttl(Duration::from_millis(1)).stale_if_error(MINUTE);
    read_as(&world.process(), &policy, 1).await;
    world.time.advance(Duration::from_millis(1));
    // The store has a clock of its own.
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(world.store.get(key()).await?.is_some());
    let failing = load(&world.process(), policy, async |_| Err("no database")).await.unwrap();
    assert_eq!(*failing.value, 1);
    Ok(())
}

#[tokio::test]
async fn a_load_that_fails_is_answered_by_the_old_entry_only_within_its_stretch() {
    let world = World::new();
    let cache = world.process();
    let policy = minute().stale_if_error(MINUTE);
    read_as(&cache, &policy, 1).await;
    world.time.advance(MINUTE);
    let outcome = load(&cache, policy.clone(), async |_| Err("no database")).await.unwrap();
    assert_eq!(*outcome.value, 1);
    assert_eq!(outcome.source.to_string(), "stale hit: the load failed, and no write has touched it");
    assert_eq!(*read_as(&cache, &policy, 2).await.value, 2, "while it does not fail, it is loaded");
    world.time.advance(MINUTE * 2);
    assert_eq!(load(&cache, policy, async |_| Err("no database")).await.unwrap_err(), "no database");
}

#[tokio::test]
async fn a_load_that_cannot_be_detached_is_run_by_one_caller_while_others_are_served() {
    let world = World::new();
    let cache = world.process();
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE);
    let (go, gate) = oneshot::channel();
    let mut loading =
        Box::pin(load(&cache, stretched(), async |_| gate.await.map(loaded).map_err(|_| "cut off")));
    assert!(step(&mut loading).is_pending());
    assert_eq!(*read_as(&cache, &stretched(), 3).await.value, 1);
    go.send(2).unwrap();
    assert_eq!(*loading.await.unwrap().value, 2);
    assert_eq!(*read_as(&cache, &stretched(), 3).await.value, 2);
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_entry_and_rests() {
    let world = World::new();
    let cache = world.process();
    let failures = Arc::new(Mutex::new(Vec::new()));
    let seen = failures.clone();
    let _subscription = cache.on_event(move |event| {
        if let Event::RefreshFailed { .. } = event {
            seen.lock().unwrap().push(event.to_string());
        }
    });
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE);
    let (_, refresh) = detachable(&cache, &stretched(), 2).await;
    refresh.unwrap().run(&cache.codec::<i64>(), async |_| Err("no database")).await;
    assert_eq!(failures.lock().unwrap().len(), 1);
    assert!(failures.lock().unwrap()[0].ends_with("could not be loaded anew: no database"));
    let (outcome, refresh) = detachable(&cache, &stretched(), 2).await;
    assert_eq!((*outcome.value, refresh.is_none()), (1, true), "it is left alone for a while");
    world.time.advance(Duration::from_secs(1));
    run(&cache, detachable(&cache, &stretched(), 2).await.1, 3).await;
    assert_eq!(*read_as(&cache, &stretched(), 4).await.value, 3);
    assert_eq!(cache.stats().failed_refreshes, 1);
}

#[tokio::test]
async fn a_refresh_that_nobody_runs_is_left_to_the_next_reader() {
    let world = World::new();
    let cache = world.process();
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE);
    drop(detachable(&cache, &stretched(), 2).await);
    run(&cache, detachable(&cache, &stretched(), 2).await.1, 3).await;
    assert_eq!(*read(&cache, 4).await.value, 3);
}

#[tokio::test]
async fn a_refresh_that_began_before_a_write_leaves_nothing_stale() -> Result<()> {
    let world = World::new();
    let cache = world.process();
    read_as(&cache, &stretched(), 1).await;
    world.time.advance(MINUTE);
    let (_, refresh) = detachable(&cache, &stretched(), 1).await;
    let late = async |_| {
        cache.publish(marks(7), None).await.unwrap();
        Ok::<_, &str>(loaded(1))
    };
    refresh.unwrap().run(&cache.codec::<i64>(), late).await;
    assert_eq!(*detachable(&cache, &stretched(), 2).await.0.value, 2);
    Ok(())
}

#[tokio::test]
async fn what_another_process_has_loaded_anew_is_taken_from_the_store() {
    let world = World::new();
    let (one, two) = (world.process(), world.process());
    for cache in [&one, &two] {
        read_as(cache, &stretched(), 1).await;
    }
    world.time.advance(MINUTE);
    run(&one, detachable(&one, &stretched(), 2).await.1, 3).await;
    let (outcome, refresh) = detachable(&two, &stretched(), 2).await;
    assert_eq!(*outcome.value, 1);
    let load = async |_| -> Result<Loaded<i64>, &str> { panic!("nothing is left to be loaded") };
    refresh.unwrap().run(&two.codec::<i64>(), load).await;
    assert_eq!(*read(&two, 4).await.value, 3);
}

#[tokio::test]
async fn a_hit_near_its_end_is_loaded_anew_before_it_expires() {
    let world = World::new();
    let cache = world.process();
    let policy = minute().early_refresh(Duration::from_secs(6));
    read_as(&cache, &policy, 1).await;
    world.time.advance(Duration::from_secs(54) - Duration::from_millis(1));
    assert!(detachable(&cache, &policy, 2).await.1.is_none());
    world.time.advance(Duration::from_millis(1));
    let (outcome, refresh) = detachable(&cache, &policy, 2).await;
    assert_eq!((*outcome.value, outcome.source.to_string()), (1, "hit".into()));
    run(&cache, refresh, 3).await;
    let (outcome, refresh) = detachable(&cache, &policy, 4).await;
    assert_eq!((*outcome.value, refresh.is_none()), (3, true));
}

#[tokio::test]
async fn an_early_refresh_leaves_half_of_the_time_to_live_alone() {
    let world = World::new();
    let cache = world.process();
    let policy = minute().early_refresh(MINUTE * 5);
    read_as(&cache, &policy, 1).await;
    assert!(detachable(&cache, &policy, 2).await.1.is_none());
    world.time.advance(MINUTE / 2);
    assert!(detachable(&cache, &policy, 2).await.1.is_some());
}

#[tokio::test]
async fn only_who_asks_for_it_by_name_is_served_what_a_write_has_touched() -> Result<()> {
    let world = World::new();
    let cache = world.process();
    let policy = minute().stale_after_write(Duration::from_secs(10));
    read_as(&cache, &policy, 1).await;
    world.time.advance(Duration::from_secs(10) - Duration::from_millis(1));
    cache.publish(marks(7), Some(Arc::new("UPDATE"))).await?;
    let (outcome, refresh) = detachable(&cache, &policy, 2).await;
    assert_eq!(*outcome.value, 1);
    assert_eq!(
        outcome.source.to_string(),
        "stale hit: touched by publication 1 of UPDATE, served all the same as the policy says"
    );
    assert!(matches!(outcome.watched(), Watched::Unstorable(_)), "a block cannot keep it");
    assert_eq!(*detachable(&world.process(), &policy, 2).await.0.value, 1, "from the store");
    assert!(matches!(cache.inspect_as(key(), &policy).await?, Inspection::Stale(Stale::Touched(_))));
    assert!(matches!(cache.inspect(KEY).await?, Inspection::Miss(_)));
    run(&cache, refresh, 2).await;
    assert_eq!(*detachable(&cache, &policy, 3).await.0.value, 2);
    cache.publish(marks(7), None).await?;
    assert_eq!(*read_as(&cache, &minute(), 3).await.value, 3);
    Ok(())
}

#[tokio::test]
async fn what_is_older_than_its_age_after_a_write_is_loaded() -> Result<()> {
    let world = World::new();
    let cache = world.process();
    let policy = minute().stale_after_write(Duration::from_secs(10));
    read_as(&cache, &policy, 1).await;
    world.time.advance(Duration::from_secs(10));
    cache.publish(marks(7), None).await?;
    assert_eq!(*detachable(&cache, &policy, 2).await.0.value, 2);
    Ok(())
}

#[tokio::test]
async fn what_is_ended_by_hand_ends_at_once() -> Result<()> {
    let policy = minute().tag("texts").stale_after_write(MINUTE);
    for end in ["tag", "entry", "clear"] {
        let world = World::new();
        let cache = world.process();
        read_as(&cache, &policy, 1).await;
        cache.publish(marks(7), None).await?;
        match end {
            "tag" => cache.invalidate(crate::Dep::tag("texts")).await?,
            "entry" => cache.invalidate_entry(KEY).await?,
            _ => cache.clear().await?,
        }
        assert_eq!(*detachable(&cache, &policy, 2).await.0.value, 2, "{end}");
    }
    Ok(())
}

#[tokio::test]
async fn there_are_never_more_than_a_few_refreshes_at_once() -> Result<()> {
    let world = World::new();
    let cache = world.process();
    let (policy, codec) = (stretched(), cache.codec::<i64>());
    let mut rights = Vec::new();
    for round in 0..2 {
        for number in 0..100 {
            let request = Request { key: EntryKey::of("many", &number)?, policy: &policy, codec: &codec };
            let load = async |_| Ok::<_, Error>(loaded(number));
            cache.load_detachable(&request, load, |refresh| rights.push(refresh)).await?;
        }
        assert_eq!(rights.len(), 16 * round);
        world.time.advance(MINUTE);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_stretched_is_served_while_the_log_does_not_answer() {
    let world = World::new();
    let cache = world.process();
    let policy = stretched().stale_if_error(MINUTE).stale_after_write(MINUTE);
    read_as(&cache, &policy, 1).await;
    world.time.advance(MINUTE);
    world.log.answers(Answer::Refusal);
    assert_eq!(*detachable(&cache, &policy, 2).await.0.value, 2);
    assert_eq!(load(&cache, policy, async |_| Err("no database")).await.unwrap_err(), "no database");
}
