use std::sync::mpsc;
use std::time::Instant;

use super::*;
use crate::resp::{Client, Reply};
use crate::wait::PATIENCE;
use crate::{RedisServer, wait};

const BRIEF: Duration = Duration::from_millis(50);

fn client(proxy: &Proxy) -> Client {
    Client::connect(proxy.address(), PATIENCE).unwrap()
}

#[test]
fn a_cut_link_closes_connections_until_it_is_open_again() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    let mut before = client(&proxy);
    before.call(&["SET", "cake", "cheese"]).unwrap();
    proxy.set(Link::Cut);
    assert!(before.call(&["PING"]).is_err());
    assert!(client(&proxy).call(&["PING"]).is_err());
    proxy.set(Link::Open);
    assert_eq!(client(&proxy).call(&["GET", "cake"]).unwrap().text().unwrap(), "cheese");
}

#[test]
fn a_silent_link_answers_nobody_and_delivers_late() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    proxy.set(Link::Silent);
    let mut waiting = Client::connect(proxy.address(), BRIEF).unwrap();
    assert!(waiting.call(&["SET", "cake", "cheese"]).is_err());
    assert_eq!(server.call(&["GET", "cake"]), Reply::Nil);
    proxy.set(Link::Open);
    wait::until("the late command", || server.call(&["GET", "cake"]).text());
}

#[test]
fn a_slow_link_delays_every_chunk() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    let mut client = client(&proxy);
    proxy.set(Link::Slow(BRIEF));
    let start = Instant::now();
    client.call(&["PING"]).unwrap();
    assert!(start.elapsed() >= 2 * BRIEF);
}

#[test]
fn a_switched_proxy_leads_to_the_other_server() {
    let (one, other) = (RedisServer::start(), RedisServer::start());
    other.call(&["SET", "cake", "carrot"]);
    let proxy = Proxy::start(one.address());
    let mut before = client(&proxy);
    before.call(&["PING"]).unwrap();
    proxy.switch(other.address());
    assert!(before.call(&["PING"]).is_err());
    assert_eq!(client(&proxy).call(&["GET", "cake"]).unwrap().text().unwrap(), "carrot");
}

#[test]
fn a_trap_springs_at_its_chunk_which_the_server_gets_or_not() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    for forward in [false, true] {
        server.call(&["DEL", "cake"]);
        let mut client = client(&proxy);
        let (sprung, springs) = mpsc::channel();
        let action = Box::new(move || sprung.send(()).unwrap());
        proxy.trap(Trap { text: "cake", skip: 1, forward, action });
        client.call(&["PING"]).unwrap();
        client.call(&["GET", "cake"]).unwrap();
        assert!(springs.try_recv().is_err(), "the first chunk with the text passes");
        let answer = client.call(&["SET", "cake", "cheese"]);
        springs.recv_timeout(PATIENCE).unwrap();
        assert_eq!(answer.is_ok(), forward);
        assert_eq!(server.call(&["EXISTS", "cake"]), Reply::Number(i64::from(forward)));
        assert!(proxy.disarm().is_none());
    }
}

#[test]
fn who_disarms_waits_for_what_the_trap_does() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    let mut client = Client::connect(proxy.address(), BRIEF).unwrap();
    let (ended, ends) = mpsc::channel();
    let action = Box::new(move || {
        std::thread::sleep(4 * BRIEF);
        ended.send(()).unwrap();
    });
    proxy.trap(Trap { text: "PING", skip: 0, forward: false, action });
    assert!(client.call(&["PING"]).is_err(), "it has given up before");
    assert!(proxy.disarm().is_none());
    ends.try_recv().unwrap();
}
