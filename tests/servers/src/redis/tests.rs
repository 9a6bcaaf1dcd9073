use std::time::Duration;

use super::*;

fn get(server: &RedisServer) -> Reply {
    server.call(&["GET", "cake"])
}

fn with_cake(options: Options) -> RedisServer {
    let server = RedisServer::start_with(options);
    server.call(&["SET", "cake", "cheese"]);
    server
}

const CHEESE: &[u8] = b"cheese";

#[test]
fn a_server_begins_again_with_or_without_its_data() {
    let mut server = with_cake(Options::default());
    let address = server.address();
    server.stop_with_snapshot();
    assert!(server.client().is_err());
    server.restart(Restart::WithData);
    assert_eq!((get(&server), server.address()), (Reply::Bytes(CHEESE.to_vec()), address));
    server.stop();
    server.restart(Restart::Empty);
    assert_eq!(get(&server), Reply::Nil);
}

#[test]
fn what_is_appended_survives_a_kill() {
    let mut server = with_cake(Options { persistence: Persistence::AppendOnly, ..Options::default() });
    server.restart(Restart::WithData);
    assert_eq!(get(&server), Reply::Bytes(CHEESE.to_vec()));
}

#[test]
fn a_paused_server_answers_when_it_is_resumed_and_can_be_killed() {
    let server = with_cake(Options::default());
    let brief = Duration::from_millis(50);
    server.pause();
    let silent = Client::connect(server.address(), brief).and_then(|mut client| client.call(&["PING"]));
    assert!(silent.is_err(), "{silent:?}");
    server.resume();
    assert_eq!(get(&server), Reply::Bytes(CHEESE.to_vec()));
    server.pause();
    let address = server.address();
    drop(server);
    assert!(Client::connect(address, brief).is_err());
}

#[test]
fn a_replica_follows_until_it_is_promoted() {
    let master = with_cake(Options::default());
    let replica_of = Some(master.address());
    let mut replica = RedisServer::start_with(Options { replica_of, ..Options::default() });
    replica.wait_for_replication(&master);
    assert_eq!(get(&replica), Reply::Bytes(CHEESE.to_vec()));
    replica.promote();
    assert_eq!(replica.info("role").as_deref(), Some("master"));
}

#[test]
fn options_are_what_the_server_runs_with() {
    let server = with_cake(Options {
        password: Some("secret".to_owned()),
        max_memory: Some(("16mb".to_owned(), "allkeys-lru".to_owned())),
        ..Options::default()
    });
    let stranger = Client::connect(server.address(), PATIENCE).unwrap().call(&["GET", "cake"]).unwrap();
    assert!(matches!(stranger, Reply::Error(_)), "{stranger:?}");
    assert_eq!(server.info("maxmemory_policy").as_deref(), Some("allkeys-lru"));
    assert!(server.socket().exists());
}
