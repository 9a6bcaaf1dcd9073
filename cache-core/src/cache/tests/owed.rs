use super::*;

fn elsewhere() -> (Arc<Elsewhere>, Cache) {
    let log = Arc::new(Elsewhere::default());
    let cache = Cache::builder().log(log.clone()).build();
    (log, cache)
}

#[tokio::test]
async fn a_publication_that_the_log_refused_is_delivered_before_anything_is_served() {
    let (log, cache) = elsewhere();
    read(&cache, 1).await;
    log.answers(Answer::Refusal);
    assert!(cache.publish(marks(7), None).await.unwrap_err().is_retryable());
    assert_eq!(read(&cache, 2).await.source.to_string(), format!("bypass: {}", Bypass::Owed));
    assert_eq!(cache.stats().owed, 1);
    log.answers(Answer::Right);
    let outcome = read(&cache, 3).await;
    assert_eq!((*outcome.value, outcome.source.to_string()), (3, "miss: touched by publication 1".into()));
    assert_eq!(cache.stats().owed, 0);
}

#[tokio::test]
async fn a_publication_whose_caller_went_away_is_delivered_by_the_next() -> Result<()> {
    let (log, cache) = elsewhere();
    read(&cache, 1).await;
    log.answers(Answer::Silence);
    let mut publication = Box::pin(cache.publish(marks(7), Some(Arc::new("first"))));
    assert!(step(&mut publication).is_pending());
    drop(publication);
    log.answers(Answer::Right);
    cache.publish(marks(8), Some(Arc::new("second"))).await?;
    let outcome = read(&cache, 2).await;
    assert_eq!(outcome.source.to_string(), "miss: touched by publication 1 of one of: first; second");
    Ok(())
}

#[test]
fn a_publication_that_was_never_polled_is_owed() {
    let cache = Cache::builder().build();
    finish(&mut Box::pin(read(&cache, 1)));
    drop(cache.publish(marks(7), None));
    assert_eq!(*finish(&mut Box::pin(read(&cache, 2))).value, 2);
}

#[test]
fn a_detached_publication_is_done_when_the_call_returns() {
    let cache = Cache::builder().build();
    finish(&mut Box::pin(read(&cache, 1)));
    cache.publish_detached(marks(7), None);
    assert_eq!(*finish(&mut Box::pin(read(&cache, 2))).value, 2);
}

#[tokio::test]
async fn a_detached_publication_that_the_log_does_not_take_at_once_is_owed() -> Result<()> {
    let (log, cache) = elsewhere();
    read(&cache, 1).await;
    log.answers(Answer::Silence);
    cache.publish_detached(marks(7), None);
    assert_eq!(cache.stats().owed, 1);
    log.answers(Answer::Right);
    assert_eq!(*read(&cache, 2).await.value, 2);
    Ok(())
}

#[test]
fn nothing_is_served_while_another_caller_delivers_what_is_owed() {
    let (log, cache) = elsewhere();
    finish(&mut Box::pin(read(&cache, 1)));
    log.answers(Answer::Silence);
    cache.publish_detached(marks(7), None);
    let mut delivery = Box::pin(cache.publish(marks(8), None));
    assert!(step(&mut delivery).is_pending());
    log.answers(Answer::Right);
    let outcome = finish(&mut Box::pin(read(&cache, 2)));
    assert_eq!((*outcome.value, outcome.source.to_string()), (2, format!("bypass: {}", Bypass::Owed)));
    drop(delivery);
    assert_eq!(*finish(&mut Box::pin(read(&cache, 3))).value, 3);
}

#[test]
fn a_hit_that_needs_no_waiting_is_not_served_while_something_is_owed() {
    let log = Arc::new(Elsewhere { distance: Distance::Near, ..Elsewhere::default() });
    let cache = Cache::builder().log(log.clone()).build();
    finish(&mut Box::pin(read(&cache, 1)));
    log.answers(Answer::Silence);
    cache.publish_detached(marks(7), None);
    log.answers(Answer::Refusal);
    assert_eq!(*finish(&mut Box::pin(read(&cache, 2))).value, 2);
}

#[tokio::test]
async fn a_log_that_came_back_empty_ends_every_entry() -> Result<()> {
    let (log, cache) = elsewhere();
    cache.publish(marks(8), None).await?;
    read(&cache, 1).await;
    log.comes_back_empty();
    assert_eq!(*read(&cache, 2).await.value, 2);
    cache.publish(marks(7), None).await?;
    assert_eq!(*read(&cache, 3).await.value, 3);
    Ok(())
}

#[tokio::test]
async fn closing_delivers_what_is_owed_and_serves_nothing_more() -> Result<()> {
    let (log, cache) = elsewhere();
    let other = Cache::builder().log(log.log()).build();
    read(&cache, 1).await;
    read(&other, 1).await;
    log.answers(Answer::Refusal);
    cache.publish(marks(7), None).await.unwrap_err();
    assert!(cache.close().await.is_err(), "it is still owed");
    log.answers(Answer::Right);
    cache.close().await?;
    assert_eq!(*read(&other, 2).await.value, 2);
    assert_eq!(read(&cache, 3).await.source.to_string(), format!("bypass: {}", Bypass::Disabled));
    cache.publish(marks(7), None).await?;
    assert_eq!(*read(&other, 4).await.value, 4, "writes through a closed cache are still published");
    Ok(())
}

#[tokio::test]
async fn when_the_log_does_not_answer_reads_load() {
    let (log, cache) = elsewhere();
    read(&cache, 1).await;
    log.answers(Answer::Refusal);
    assert_eq!(read(&cache, 2).await.source.to_string(), "bypass: the log does not answer");
    log.answers(Answer::Right);
    assert_eq!(*read(&cache, 3).await.value, 1);
}

#[tokio::test]
async fn a_hit_asks_a_log_elsewhere_once() {
    let (log, cache) = elsewhere();
    read(&cache, 1).await;
    let before = log.heads.load(Ordering::Relaxed);
    assert!(read(&cache, 2).await.source.is_hit());
    assert_eq!(log.heads.load(Ordering::Relaxed) - before, 1);
}
