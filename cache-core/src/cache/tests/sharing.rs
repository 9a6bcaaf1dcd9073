use super::*;

#[tokio::test]
async fn equal_memory_urls_are_one_cache() -> Result<()> {
    let one = Cache::from_url("memory://equal?ttl=60s&max=1MiB")?;
    let two = Cache::from_url("memory://equal?max=1024KiB&ttl=1m")?;
    assert_eq!(one, two);
    read(&one, 1).await;
    assert_eq!(*read(&two, 2).await.value, 1);
    Ok(())
}

#[tokio::test]
async fn private_caches_share_nothing() -> Result<()> {
    let one = Cache::from_url("memory://private?private")?;
    let two = Cache::from_url("memory://private?private")?;
    assert_ne!(one, two);
    read(&one, 1).await;
    assert_eq!(*read(&two, 2).await.value, 2);
    one.publish(marks(7), None).await?;
    assert!(read(&two, 3).await.source.is_hit());
    Ok(())
}

#[tokio::test]
async fn caches_of_one_name_see_each_others_writes_whatever_their_options() -> Result<()> {
    let one = Cache::from_url("memory://options?ttl=60s")?;
    let two = Cache::from_url("memory://options?ttl=90s")?;
    let other = Cache::from_url("memory://other-options?ttl=60s")?;
    assert_ne!(one, two);
    read(&one, 1).await;
    read(&other, 1).await;
    two.publish(marks(7), None).await?;
    assert_eq!(*read(&one, 2).await.value, 2);
    assert_eq!(*read(&other, 2).await.value, 1);
    Ok(())
}

#[tokio::test]
async fn a_cache_that_nobody_holds_is_gone() -> Result<()> {
    read(&Cache::from_url("memory://gone")?, 1).await;
    assert_eq!(*read(&Cache::from_url("memory://gone")?, 2).await.value, 2);
    Ok(())
}

#[tokio::test]
async fn opening_an_equal_url_opens_a_closed_cache_again() -> Result<()> {
    let closed = Cache::from_url("memory://closed")?;
    closed.close().await?;
    let opened = Cache::from_url("memory://closed")?;
    read(&opened, 1).await;
    closed.publish(marks(7), None).await?;
    assert_eq!(*read(&opened, 2).await.value, 2);
    assert!(read(&opened, 3).await.source.is_hit());
    Ok(())
}
