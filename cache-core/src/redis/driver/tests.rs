//! The driver against a server that answers what and when the test says.

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;
use crate::redis::batch::{Look, Looked};
use crate::redis::queue::MAX_LOOKING;
use crate::redis::settings::IdentityCheck;
use crate::redis::wire::Identity;
use crate::store::EntryKey;

const TIMEOUT: Duration = Duration::from_millis(200);
const EPOCH: &str = "00000000000000000000000000000005";

/// Another end of the connection.
struct Server(DuplexStream);

impl Server {
    fn start() -> (Self, Arc<Queue>) {
        Self::believed_since(IdentityCheck::Trusted, Instant::now())
    }

    fn believed_since(check: IdentityCheck, since: Instant) -> (Self, Arc<Queue>) {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let queue = Queue::new(TIMEOUT);
        let [run, life] = [info("run_id:1"), info("master_replid:2\r\nrole:master")];
        let identified = Identified::new(&value(&run), &value(&life), check, since).unwrap();
        let names = Arc::new(Names::new("p"));
        tokio::spawn(Driver::new(Box::new(ours), Arc::clone(&queue), names, identified, TIMEOUT));
        (Self(theirs), queue)
    }

    /// Takes a command that begins and ends so, and nothing more.
    async fn takes(&mut self, start: &str, end: &str) {
        let mut bytes = [0; 4096];
        let taken = self.0.read(&mut bytes).await.unwrap();
        let text = String::from_utf8_lossy(&bytes[..taken]);
        assert!(text.starts_with(start) && text.ends_with(end), "{text:?}");
    }

    async fn answers(&mut self, answer: &str) {
        self.0.write_all(answer.as_bytes()).await.unwrap();
        settle().await;
    }
}

fn value(answer: &str) -> Value {
    resp::value(answer.as_bytes()).unwrap()
}

fn info(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn head(seq: u64) -> String {
    let head = format!("{EPOCH}-{seq}");
    format!("*1\r\n${}\r\n{head}\r\n", head.len())
}

fn seq(looked: Result<Looked, Failure>) -> u64 {
    match looked.unwrap().head {
        Head::Ours(position) => position.seq,
        Head::Other(head) => panic!("{head:?}"),
    }
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// What asks is polled once, so that it waits.
macro_rules! asking {
    ($future:expr) => {{
        let mut future = Box::pin($future);
        assert!(future.as_mut().now_or_never().is_none());
        settle().await;
        future
    }};
}

#[tokio::test]
async fn a_look_is_never_answered_by_a_head_that_was_asked_for_before_it_came() {
    let (mut server, queue) = Server::start();
    let mut on_their_way = Vec::new();
    for _ in 0..MAX_LOOKING {
        on_their_way.push(asking!(queue.look(None)));
        server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    }
    let mut gathered = [asking!(queue.look(None)), asking!(queue.look(None))];
    let mut answered = 0;
    for look in on_their_way {
        answered += 1;
        server.answers(&head(answered)).await;
        assert_eq!(seq(look.await), answered);
        for look in &mut gathered {
            assert!(look.now_or_never().is_none(), "it came after that head was asked for");
        }
    }
    server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    server.answers(&head(answered + 1)).await;
    for look in gathered {
        assert_eq!(seq(look.await), answered + 1);
    }
}

#[tokio::test]
async fn each_look_gets_its_own_entry_though_others_go_away() {
    let (mut server, queue) = Server::start();
    let looks = (0..3).map(|key| queue.look(Some(EntryKey::from_bits(key))));
    let mut looks: Vec<_> = looks.map(Box::pin).collect();
    for look in &mut looks {
        assert!(look.as_mut().now_or_never().is_none());
    }
    settle().await;
    drop(looks.remove(1));
    server.takes("*5\r\n$4\r\nMGET\r\n$6\r\np:head\r\n", "2\r\n").await;
    let text = format!("{EPOCH}-7");
    server.answers(&format!("*4\r\n${}\r\n{text}\r\n$1\r\na\r\n", text.len())).await;
    server.answers("$1\r\nb\r\n$-1\r\n").await;
    let bytes = |looked: Result<Looked, Failure>| looked.unwrap().bytes;
    assert_eq!(bytes(looks.remove(0).await).as_deref(), Some(&b"a"[..]));
    assert_eq!(bytes(looks.remove(0).await), None);
}

#[tokio::test]
async fn commands_and_looks_are_answered_in_their_order() {
    let (mut server, queue) = Server::start();
    let mut commands = Pipeline::new();
    commands.cmd("PING").cmd("TIME");
    let (values, look) = (asking!(queue.run(&commands)), asking!(queue.look(None)));
    server.takes("*1\r\n$4\r\nPING", "p:head\r\n").await;
    server.answers(&format!("+PONG\r\n*0\r\n{}", head(3))).await;
    assert_eq!(values.await.unwrap(), [Value::SimpleString("PONG".to_owned()), Value::Array(Vec::new())]);
    assert_eq!(seq(look.await), 3);
}

#[tokio::test]
async fn a_refused_look_ends_no_connection_unless_the_server_says_so() {
    let (mut server, queue) = Server::start();
    let look = asking!(queue.look(None));
    server.takes("*2", "p:head\r\n").await;
    server.answers("-NOPERM no\r\n").await;
    assert!(!look.await.unwrap_err().ends_link);
    let look = asking!(queue.look(None));
    server.takes("*2", "p:head\r\n").await;
    server.answers("-LOADING wait\r\n").await;
    assert!(look.await.unwrap_err().ends_link);
}

#[tokio::test]
async fn who_the_server_is_decides_about_what_it_answers_next() {
    let long_ago = Instant::now().checked_sub(IDENTIFIED_FOR).unwrap();
    for (life, is_same) in [("2", true), ("3", false)] {
        let (mut server, queue) = Server::believed_since(IdentityCheck::Checked, long_ago);
        let look = asking!(queue.look(None));
        server.takes("*2\r\n$4\r\nINFO", "p:head\r\n").await;
        let who = info(&format!("master_replid:{life}\r\nrole:master"));
        server.answers(&format!("{}{who}", info("run_id:1"))).await;
        if is_same {
            let ours = format!("{}{:016x}-4", Identity::new("1", "2"), 5);
            server.answers(&format!("*1\r\n${}\r\n{ours}\r\n", ours.len())).await;
            assert_eq!(seq(look.await), 4);
        } else {
            assert!(look.await.unwrap_err().ends_link, "a head of another incarnation");
        }
    }
}

#[tokio::test]
async fn a_connection_ends_for_all_who_wait_and_who_come_later() {
    let (server, queue) = Server::start();
    let (look, mut commands) = (asking!(queue.look(None)), Pipeline::new());
    commands.cmd("PING");
    let values = asking!(queue.run(&commands));
    let gathered = asking!(queue.look(None));
    drop(server);
    let failures = [
        look.await.map(drop),
        values.await.map(drop),
        gathered.await.map(drop),
        queue.look(None).await.map(drop),
    ];
    for failure in failures {
        assert!(failure.unwrap_err().ends_link);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_ends_the_connection_in_time() {
    let (_server, queue) = Server::start();
    let began = Instant::now();
    let failure = queue.look(None).await.unwrap_err();
    assert!(failure.ends_link && began.elapsed() >= TIMEOUT, "{failure:?}");
}

/// Gives up a look at the head; whether the connection ends with it.
async fn give_up_a_look(queue: &Arc<Queue>) -> bool {
    let began = Instant::now();
    let failure = queue.look(None).await.unwrap_err();
    assert!(began.elapsed() >= TIMEOUT, "{failure:?}");
    failure.ends_link || queue.has_ended()
}

#[tokio::test]
async fn a_long_answer_ends_no_connection_though_those_behind_it_wait_too_long() {
    let (mut server, queue) = Server::start();
    let mut commands = Pipeline::new();
    commands.cmd("GET").arg("long");
    let long = asking!(queue.run(&commands));
    server.takes("*2\r\n$3\r\nGET", "long\r\n").await;
    let behind = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { give_up_a_look(&queue).await }
    });
    let mut length = 0;
    server.answers("$1000000\r\n").await;
    while !behind.is_finished() {
        server.answers("a little").await;
        length += "a little".len();
        tokio::time::sleep(TIMEOUT / 8).await;
    }
    assert!(!behind.await.unwrap());
    server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    let rest = "x".repeat(1_000_000 - length);
    server.answers(&format!("{rest}\r\n{}", head(1))).await;
    assert!(matches!(&long.await.unwrap()[..], [Value::BulkString(long)] if long.len() == 1_000_000));
    let look = asking!(queue.look(None));
    server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    server.answers(&head(2)).await;
    assert_eq!(seq(look.await), 2);
}

#[tokio::test]
async fn nor_does_a_long_command() {
    let (mut server, queue) = Server::start();
    let mut commands = Pipeline::new();
    commands.cmd("SET").arg("long").arg(vec![b'x'; 1_000_000]);
    let long = asking!(queue.run(&commands));
    let behind = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { give_up_a_look(&queue).await }
    });
    let (mut taken, mut bytes) = (0, [0; 1 << 14]);
    while !behind.is_finished() {
        taken += server.0.read(&mut bytes).await.unwrap();
        tokio::time::sleep(TIMEOUT / 8).await;
    }
    assert!(taken < 1_000_000 && !behind.await.unwrap());
    let mut rest = Vec::new();
    while !rest.ends_with(b"p:head\r\n") {
        server.0.read_buf(&mut rest).await.unwrap();
    }
    server.answers(&format!("+OK\r\n{}", head(1))).await;
    assert_eq!(long.await.unwrap(), [Value::Okay]);
}

/// What the socket takes says nothing of the server.
#[tokio::test]
async fn a_server_that_stands_still_ends_the_connection_though_others_still_ask() {
    let (_server, queue) = Server::start();
    let waits = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { give_up_a_look(&queue).await }
    });
    let mut asked = Vec::new();
    while !waits.is_finished() {
        let queue = Arc::clone(&queue);
        asked.push(tokio::spawn(async move { queue.look(None).await.map(drop) }));
        tokio::time::sleep(TIMEOUT / 8).await;
    }
    assert!(waits.await.unwrap());
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_ends_the_connection() {
    let (mut server, queue) = Server::start();
    server.answers("+surprise\r\n").await;
    assert!(queue.look(None).await.unwrap_err().ends_link);
}

#[test]
fn who_waits_for_a_driver_that_nobody_runs_ends_the_connection() {
    let asleep = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_server, queue) = {
        let _entered = asleep.enter();
        Server::start()
    };
    let awake = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    awake.block_on(async {
        let mut commands = Pipeline::new();
        commands.cmd("PING");
        assert!(tokio::time::timeout(TIMEOUT * 2, queue.run(&commands)).await.is_err());
        assert!(queue.run(&commands).await.unwrap_err().ends_link);
        assert!(queue.look(None).await.unwrap_err().ends_link);
    });
}

#[test]
fn who_looks_is_woken_in_time_though_nobody_runs_the_driver_nor_any_timer_of_the_caller() {
    let asleep = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_server, queue) = {
        let _entered = asleep.enter();
        Server::start()
    };
    let began = Instant::now();
    let look = async { Look::try_new(&queue, None, began).unwrap().await };
    let later = async { Look::try_new(&queue, None, began + TIMEOUT / 2).unwrap().await };
    let looks = futures_util::future::join(look, later);
    let failures = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(looks);
    assert!(failures.0.unwrap_err().ends_link && failures.1.unwrap_err().ends_link);
    assert!(began.elapsed() >= TIMEOUT);
    assert_eq!(queue.wake_late(Instant::now()), None);
}

#[tokio::test]
async fn a_look_that_was_never_made_or_is_given_up_takes_no_room() {
    let (mut server, queue) = Server::start();
    let full: Vec<_> = std::iter::from_fn(|| Look::try_new(&queue, None, Instant::now())).collect();
    assert!(full.len() > 100);
    drop(full);
    let look = asking!(queue.look(None));
    server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    let gathered = asking!(queue.look(None));
    server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    let given_up = asking!(queue.look(None));
    drop((look, gathered, given_up));
    server.answers(&head(1)).await;
    server.takes("*2\r\n$4\r\nMGET", "p:head\r\n").await;
    server.answers(&format!("{}{}", head(2), head(3))).await;
    let room: Vec<_> = std::iter::from_fn(|| Look::try_new(&queue, None, Instant::now())).collect();
    let all = room.len();
    drop(room);
    let again: Vec<_> = std::iter::from_fn(|| Look::try_new(&queue, None, Instant::now())).collect();
    assert_eq!((all, again.len()), (1024, 1024));
}
