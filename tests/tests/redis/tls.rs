//! A server that speaks TLS, one that does not, and who trusts whom.

use cache_core::{Cache, ErrorKind};
use cache_tests::servers::{Options, RedisServer, Tls};

use crate::Truth;
use crate::errors::failure;

fn server() -> RedisServer {
    RedisServer::start_with(Options {
        password: Some("right".to_owned()),
        tls: Tls::Yes,
        ..Options::default()
    })
}

/// The URL of a server's TLS port, with options.
fn url(server: &RedisServer, password: &str, database: u32, options: &str) -> String {
    format!("rediss://:{password}@{}/{database}?private&fence=nobody{options}", server.tls_address())
}

fn trusting(server: &RedisServer) -> String {
    format!("&ca={}", server.authority().display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_trusts_the_servers_authority_shares_a_cache_over_tls() {
    let server = server();
    let process = async || {
        let cache = Cache::from_url(&url(&server, "right", 1, &trusting(&server))).unwrap();
        cache.connect().await.unwrap();
        cache
    };
    let (one, two, truth) = (process().await, process().await, Truth::default());
    for value in 1..10 {
        truth.write(if value % 2 == 0 { &one } else { &two }, value).await.unwrap();
        assert_eq!((truth.read(&one).await, truth.read(&two).await), (value, value));
    }
    assert_eq!(truth.asked(), 9, "each value is loaded once");
}

#[tokio::test]
async fn a_wrong_login_and_a_wrong_database_are_told_apart_over_tls_too() {
    let server = server();
    let error = failure(&url(&server, "secret", 0, &trusting(&server))).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("check user and password"), "{error:?}");
    let error = failure(&url(&server, "right", 9999, &trusting(&server))).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("has no database 9999"), "{error:?}");
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_named() {
    let (server, other) = (server(), self::server());
    for options in [String::new(), trusting(&other)] {
        let error = failure(&url(&server, "secret", 0, &options)).await;
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
        assert!(error.to_string().contains("is not trusted: name the file"), "{error:?}");
    }
    let error = Cache::from_url(&url(&server, "secret", 0, "&ca=/no/such/file")).unwrap_err();
    assert!(error.to_string().contains("cannot be read: /no/such/file"), "{error}");
    let plain = format!("redis://:secret@{}/0?ca=/no/such/file", server.address());
    let error = Cache::from_url(&plain).unwrap_err();
    assert!(error.to_string().contains("use `rediss://`"), "{error}");
}

#[tokio::test]
async fn tls_to_a_plain_port_and_the_other_way_round_are_told_apart() {
    let server = server();
    let plain = format!("rediss://me:secret@{}/0?private{}", server.address(), trusting(&server));
    let error = failure(&plain).await;
    assert!(error.to_string().contains("if it speaks no TLS"), "{error:?}");
    let error = failure(&format!("redis://me:secret@{}/0?private", server.tls_address())).await;
    assert!(error.to_string().contains("use `rediss://` if it expects TLS"), "{error:?}");
}
