//! Callers who block, with and without runtimes.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cache_diesel::CacheExt;
use diesel::prelude::*;

use crate::shop::*;

#[test]
fn callers_of_one_cold_key_share_one_load() {
    const CALLERS: usize = 8;
    let shop = Shop::open();
    let (loads, together) = (AtomicUsize::new(0), Barrier::new(CALLERS));
    let sums: Vec<i64> = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let mut conn = shop.connect();
                let (loads, together) = (&loads, &together);
                scope.spawn(move || {
                    together.wait();
                    conn.cached_query("slow").run(|conn| {
                        loads.fetch_add(1, Ordering::Relaxed);
                        article::table.count().get_result::<i64>(conn)
                    })
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap().unwrap()).collect()
    });
    assert_eq!(sums, [4; CALLERS]);
    let stats = shop.cache.stats();
    assert_eq!(stats.hits + stats.joined + loads.load(Ordering::Relaxed) as u64, CALLERS as u64);
}

#[test]
fn writers_and_readers_on_threads_of_their_own_never_see_the_past() {
    let shop = Shop::open();
    let seen = AtomicUsize::new(0);
    thread::scope(|scope| {
        let mut writer = shop.connect();
        let seen = &seen;
        scope.spawn(move || {
            for views in 1..=100 {
                let set = article::views.eq(views);
                diesel::update(article::table.find(1)).set(set).execute(&mut writer).unwrap();
                seen.store(views as usize, Ordering::SeqCst);
            }
        });
        for _ in 0..3 {
            let mut reader = shop.connect();
            scope.spawn(move || {
                loop {
                    let at_least = seen.load(Ordering::SeqCst);
                    let views = find(&mut reader, 1).unwrap().views;
                    assert!(views as usize >= at_least, "read {views} after {at_least} was written");
                    if at_least == 100 {
                        break;
                    }
                }
            });
        }
    });
}

#[tokio::test(flavor = "current_thread")]
async fn a_runtime_of_one_thread_is_not_held_up() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    let task = tokio::spawn(async move {
        for views in 1..=20 {
            diesel::update(article::table.find(1)).set(article::views.eq(views)).execute(&mut other).unwrap();
            tokio::task::yield_now().await;
        }
    });
    while !task.is_finished() {
        let cached =
            article::table.find(1).select(article::views).cached().get_result::<i32, _>(&mut shop.conn);
        cached.unwrap();
        tokio::task::yield_now().await;
    }
    task.await.unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().views, 20);
}
