//! Errors that say which, and never a password.

use cache_core::{Cache, Error, ErrorKind};
use cache_tests::servers::Options;
use cache_tests::servers::RedisServer;

pub(crate) async fn failure(url: &str) -> Error {
    let error = Cache::from_url(url).unwrap().connect().await.unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(!text.contains("secret"), "{text}");
    error
}

#[tokio::test]
async fn no_server_at_the_start_is_an_error_unless_it_may_be_away() {
    let mut server = RedisServer::start();
    let address = server.address();
    server.kill();
    let error = failure(&format!("redis://me:secret@{address}/0?private")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("no cache server listens at"), "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");

    let degraded = Cache::from_url(&format!("redis://{address}/0?private&start=degraded")).unwrap();
    degraded.connect().await.unwrap();
    assert_eq!(*degraded.get_or_load("key", [], async || Ok::<_, Error>(7)).await.unwrap(), 7);
}

#[tokio::test]
async fn a_wrong_login_a_wrong_database_and_a_missing_socket_are_told_apart() {
    let options = Options { password: Some("right".to_owned()), ..Options::default() };
    let server = RedisServer::start_with(options);
    let address = server.address();
    for login in [":secret@", "me:secret@", ""] {
        let error = failure(&format!("redis://{login}{address}/0?private&start=degraded")).await;
        assert_eq!(error.kind(), ErrorKind::Configuration, "{login}: {error:?}");
        assert!(error.to_string().contains("check user and password"), "{login}: {error}");
    }
    let error = failure(&format!("redis://:right@{address}/9999?private")).await;
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    assert!(error.to_string().contains("has no database 9999"), "{error}");
    let cache = Cache::from_url(&format!("redis://:right@{address}/1?private")).unwrap();
    cache.connect().await.unwrap();

    let socket = server.socket();
    let url = format!("redis+unix://{}?pass=right&db=1&private", socket.display());
    Cache::from_url(&url).unwrap().connect().await.unwrap();
    let error = failure(&url.replace(".sock", ".nothing")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

#[tokio::test]
async fn a_replica_is_refused() {
    let master = RedisServer::start();
    let replica =
        RedisServer::start_with(Options { replica_of: Some(master.address()), ..Options::default() });
    let error = failure(&format!("redis://{}/0?private", replica.address())).await;
    assert!(error.to_string().contains("address of the master"), "{error}");
}

#[tokio::test]
async fn a_server_that_hides_who_it_is_is_refused_unless_it_is_trusted() {
    let server = RedisServer::start();
    server.call(&["ACL", "SETUSER", "hidden", "on", ">secret", "~*", "&*", "+@all", "-info"]);
    let url = format!("redis://hidden:secret@{}/0?private", server.address());
    let error = failure(&url).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("identity=trust"), "{error}");
    let trusted = Cache::from_url(&format!("{url}&identity=trust&fence=nobody")).unwrap();
    trusted.connect().await.unwrap();
    trusted.put("key", 1, []).await.unwrap();
    assert_eq!(trusted.get::<i32>("key").await.as_deref(), Some(&1));
}
