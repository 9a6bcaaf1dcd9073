use tokio::sync::oneshot;

use super::*;

/// A load that waits at the database until the test lets it go on.
async fn held(cache: &Cache, go: oneshot::Receiver<i64>) -> Result<Outcome<i64>, &'static str> {
    load(cache, Policy::new(), async |_| go.await.map(loaded).map_err(|_| "cut off")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_of_a_cold_key_load_once() {
    let cache = Cache::builder().build();
    let loads = Arc::new(AtomicUsize::new(0));
    let start = Arc::new(tokio::sync::Barrier::new(100));
    let callers = (0..100).map(|_| {
        let (cache, loads, start) = (cache.clone(), loads.clone(), start.clone());
        tokio::spawn(async move {
            start.wait().await;
            let outcome = load(&cache, Policy::new(), async |_| {
                loads.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(loaded(1))
            });
            *outcome.await.unwrap().value
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap(), 1);
    }
    assert_eq!(loads.load(Ordering::Relaxed), 1);
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits + stats.joined), (1, 99));
}

#[test]
fn a_caller_who_waits_takes_what_the_other_loaded() {
    let cache = Cache::builder().build();
    let (go, gate) = oneshot::channel();
    let mut leader = Box::pin(held(&cache, gate));
    let mut joiner = Box::pin(read(&cache, 2));
    assert!(step(&mut leader).is_pending());
    assert!(step(&mut joiner).is_pending());
    finish(&mut Box::pin(cache.publish(marks(8), None))).unwrap();
    go.send(1).unwrap();
    assert_eq!(*finish(&mut leader).unwrap().value, 1);
    let joined = finish(&mut joiner);
    assert_eq!(
        (*joined.value, joined.source.to_string()),
        (1, "hit, joined the load of another caller".into())
    );
}

#[test]
fn a_caller_who_arrived_after_an_invalidation_does_not_take_the_older_load() {
    let cache = Cache::builder().build();
    let (go, gate) = oneshot::channel();
    let mut leader = Box::pin(held(&cache, gate));
    assert!(step(&mut leader).is_pending());
    finish(&mut Box::pin(cache.publish(marks(7), None))).unwrap();
    let mut joiner = Box::pin(read(&cache, 2));
    assert!(step(&mut joiner).is_pending());
    go.send(1).unwrap();
    assert_eq!(*finish(&mut leader).unwrap().value, 1);
    assert_eq!(*finish(&mut joiner).value, 2);
}

#[test]
fn a_write_after_the_landing_does_not_take_the_result_from_those_who_waited() {
    let cache = Cache::builder().build();
    let (go, gate) = oneshot::channel();
    let mut leader = Box::pin(held(&cache, gate));
    let mut joiner = Box::pin(read(&cache, 2));
    assert!(step(&mut leader).is_pending());
    finish(&mut Box::pin(cache.publish(marks(8), None))).unwrap();
    assert!(step(&mut joiner).is_pending());
    go.send(1).unwrap();
    finish(&mut leader).unwrap();
    finish(&mut Box::pin(cache.publish(marks(7), None))).unwrap();
    assert_eq!(*finish(&mut joiner).value, 1, "it was valid after the joiner arrived");
    assert_eq!(*finish(&mut Box::pin(read(&cache, 3))).value, 3);
}

#[test]
fn when_a_load_fails_one_of_those_who_waited_loads() {
    let cache = Cache::builder().build();
    let (go, gate) = oneshot::channel();
    let mut leader = Box::pin(held(&cache, gate));
    let mut joiners = [2, 3].map(|value| Box::pin(read(&cache, value)));
    assert!(step(&mut leader).is_pending());
    assert!(joiners.iter_mut().all(|joiner| step(joiner).is_pending()));
    drop(go);
    assert_eq!(finish(&mut leader).unwrap_err(), "cut off");
    let outcomes = joiners.each_mut().map(finish);
    assert_eq!(outcomes.map(|outcome| *outcome.value), [2, 2]);
}

#[test]
fn when_a_caller_goes_away_one_of_those_who_waited_loads() {
    let cache = Cache::builder().build();
    let (_go, gate) = oneshot::channel();
    let mut leader = Box::pin(held(&cache, gate));
    let mut joiner = Box::pin(read(&cache, 2));
    assert!(step(&mut leader).is_pending());
    assert!(step(&mut joiner).is_pending());
    drop(leader);
    assert_eq!(*finish(&mut joiner).value, 2);
    assert!(finish(&mut Box::pin(read(&cache, 3))).source.is_hit());
}

#[test]
fn a_caller_does_not_wait_for_ever_for_a_load_that_nobody_polls() {
    let cache = Cache::builder().build();
    cache.set_timer(|patience| {
        assert!(patience >= std::time::Duration::from_secs(1));
        Box::pin(std::future::ready(()))
    });
    let (_go, gate) = oneshot::channel();
    let mut leader = Box::pin(held(&cache, gate));
    assert!(step(&mut leader).is_pending());
    assert_eq!(*finish(&mut Box::pin(read(&cache, 2))).value, 2);
    finish(&mut Box::pin(cache.publish(marks(7), None))).unwrap();
    let (_go, gate) = oneshot::channel();
    let mut second = Box::pin(held(&cache, gate));
    assert!(step(&mut second).is_pending(), "it leads a flight of its own");
    drop(leader);
    let mut joiner = Box::pin(read(&cache, 3));
    assert!(matches!(
        cache.shared().flights.enter(key(), cache.shared().flights.arrive()),
        flight::Ticket::Join(_)
    ));
    assert_eq!(*finish(&mut joiner).value, 3);
}

#[tokio::test]
async fn when_a_load_panics_one_of_those_who_waited_loads() {
    let cache = Cache::builder().build();
    let (go, gate) = oneshot::channel::<()>();
    let panics = tokio::spawn({
        let cache = cache.clone();
        async move {
            let result = load(&cache, Policy::new(), async |_| {
                let _ = gate.await;
                panic!("on purpose");
            });
            result.await.map(|outcome| *outcome.value)
        }
    });
    tokio::task::yield_now().await;
    let mut joiner = Box::pin(read(&cache, 2));
    assert!(step(&mut joiner).is_pending());
    go.send(()).unwrap();
    assert!(panics.await.unwrap_err().is_panic());
    assert_eq!(*finish(&mut joiner).value, 2);
    assert!(read(&cache, 3).await.source.is_hit());
}

#[test]
fn those_who_waited_for_a_result_that_cannot_be_stored_load_side_by_side() {
    let cache = Cache::builder().build();
    let unstorable = |gate: oneshot::Receiver<i64>| {
        Box::pin(async {
            let policy = Policy::new();
            let result = load(&cache, policy.clone(), async |_| {
                let watched = Watched::Unstorable(Reason::new("it calls random()"));
                gate.await.map(|value| Loaded { value, watched }).map_err(|_| "cut off")
            });
            result.await.unwrap()
        })
    };
    let (go, gates): (Vec<_>, Vec<_>) = (0..4).map(|_| oneshot::channel()).unzip();
    let mut callers: Vec<_> = gates.into_iter().map(unstorable).collect();
    let mut go = go.into_iter();
    assert!(callers[..3].iter_mut().all(|caller| step(caller).is_pending()));
    go.next().unwrap().send(1).unwrap();
    assert_eq!(*finish(&mut callers[0]).value, 1);
    assert!(callers[1..].iter_mut().all(|caller| step(caller).is_pending()));
    for (caller, go) in callers[1..].iter_mut().zip(go).rev() {
        go.send(2).unwrap();
        let outcome = finish(caller);
        assert_eq!(*outcome.value, 2);
        assert_eq!(outcome.source.to_string(), "miss: cannot be stored: it calls random()");
    }
}

#[test]
fn while_a_commit_is_under_way_those_who_arrive_during_a_load_share_the_next_one() {
    let cache = Cache::builder().build();
    let fence =
        Fence { id: FenceId::from_bits(1), ttl: MAX_FENCE, marks: Arc::new(marks(7)), transaction: None };
    finish(&mut Box::pin(cache.shared().log.append(&Marks::default(), Fences::raise(fence)))).unwrap();
    let (go_first, gate) = oneshot::channel();
    let mut first = Box::pin(held(&cache, gate));
    let (go_second, gate) = oneshot::channel();
    let mut second = Box::pin(held(&cache, gate));
    let mut third = Box::pin(read(&cache, 3));
    assert!(step(&mut first).is_pending());
    assert!(step(&mut second).is_pending() && step(&mut third).is_pending());

    go_first.send(1).unwrap();
    assert_eq!(*finish(&mut first).unwrap().value, 1);
    assert!(step(&mut second).is_pending() && step(&mut third).is_pending(), "that load began before them");
    let mut late = Box::pin(read(&cache, 4));
    assert!(step(&mut late).is_pending());
    go_second.send(2).unwrap();
    assert_eq!(*finish(&mut second).unwrap().value, 2);
    let shared = finish(&mut third);
    assert_eq!(
        (*shared.value, shared.source.to_string()),
        (2, "hit, joined the load of another caller".into())
    );
    let Watched::Unstorable(reason) = shared.watched() else { panic!("a block may not be stored either") };
    assert_eq!(reason.to_string(), "a commit that may change it was under way when it was loaded");
    assert_eq!(*finish(&mut late).value, 4, "that load began before it arrived");
    assert!(!finish(&mut Box::pin(read(&cache, 5))).source.is_hit(), "nothing is kept");
}

#[test]
fn a_caller_takes_what_was_loaded_since_it_arrived_although_a_write_has_touched_it_meanwhile() {
    let cache = Cache::builder().build();
    let (go_first, gate) = oneshot::channel();
    let mut first = Box::pin(held(&cache, gate));
    assert!(step(&mut first).is_pending());
    finish(&mut Box::pin(cache.publish(marks(7), None))).unwrap();
    let (go_second, gate) = oneshot::channel();
    let (mut second, mut third) = (Box::pin(held(&cache, gate)), Box::pin(read(&cache, 3)));
    assert!(step(&mut second).is_pending() && step(&mut third).is_pending());
    go_first.send(1).unwrap();
    finish(&mut first).unwrap();
    assert!(step(&mut second).is_pending() && step(&mut third).is_pending());
    finish(&mut Box::pin(cache.publish(marks(7), None))).unwrap();
    go_second.send(2).unwrap();
    finish(&mut second).unwrap();
    assert_eq!(*finish(&mut third).value, 2);
    assert_eq!(
        *finish(&mut Box::pin(read(&cache, 5))).value,
        5,
        "but it is no hit for those who arrive later"
    );
}

#[test]
fn a_caller_waits_for_no_more_than_a_few_loads_that_fail() {
    let cache = Cache::builder().build();
    let (go, gates): (Vec<_>, Vec<_>) = (0..=flight::MAX_JOINS).map(|_| oneshot::channel::<i64>()).unzip();
    let mut leaders: Vec<_> = gates.into_iter().map(|gate| Box::pin(held(&cache, gate))).collect();
    let mut last = Box::pin(read(&cache, 9));
    let mut go = go.into_iter();
    for turn in 0..flight::MAX_JOINS {
        assert!(step(&mut leaders[turn]).is_pending());
        assert!(step(&mut leaders[turn + 1]).is_pending());
        assert!(step(&mut last).is_pending());
        drop(go.next());
        finish(&mut leaders[turn]).unwrap_err();
        assert!(step(&mut leaders[turn + 1]).is_pending(), "the next one leads");
    }
    assert_eq!(*finish(&mut last).value, 9, "while another load of the key is still on its way");
}
