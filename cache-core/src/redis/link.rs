//! One connection to one server incarnation. It is never reconnected: another connection is another link.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{ErrorKind as Kind, Pipeline, RedisError, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::batch::{Look, Looked};
use super::driver::Driver;
use super::failure::{self, Failure};
use super::identity::{self, Identified, field, text};
use super::names::Names;
use super::queue::Queue;
use super::settings::Settings;
use super::socket::{self, Socket};
use super::wire::{Identity, bulk};
use super::{resp, script};
use crate::error::{Error, ErrorKind, Result};
use crate::store::EntryKey;

/// A connection that has been greeted.
#[derive(Debug)]
pub(super) struct Link {
    queue: Arc<Queue>,
    pub(super) identity: Identity,
    publish: Publish,
    /// The hash by which the server calls the script.
    pub(super) begin_epoch: String,
}

/// The call of the script that appends a record, on either side of that.
#[derive(Debug)]
struct Publish {
    start: Vec<u8>,
    end: Vec<u8>,
}

impl Publish {
    fn new(hash: &str, names: &Names, identity: Identity, records: usize) -> Self {
        let (mut start, mut end) = (Vec::new(), Vec::new());
        let identity = identity.to_string();
        let strings = ["EVALSHA", hash, "2", &names.head, &names.log, &identity];
        resp::write_start(strings.len() + 2, &mut start);
        strings.iter().for_each(|string| resp::write_string([string.as_bytes(), b""], &mut start));
        resp::write_string([records.to_string().as_bytes(), b""], &mut end);
        Self { start, end }
    }

    fn write(&self, record: &[u8], command: &mut Vec<u8>) {
        command.extend_from_slice(&self.start);
        resp::write_string([record, b""], command);
        command.extend_from_slice(&self.end);
    }
}

impl Link {
    /// Connects, logs in, and asks who the server is. What is not answered within `timeout` later ends the link.
    pub(super) async fn connect(settings: &Settings, names: &Arc<Names>, timeout: Duration) -> Result<Self> {
        let greeted = greet(settings).await.map_err(|error| failure::connecting(&settings.server, error));
        let (socket, sent, answers) = greeted?;
        let [server, replication, publish, begin_epoch] =
            <[Value; 4]>::try_from(answers).map_err(|_| failure::unknown_answer())?;
        // A server that expects a password takes any command before it refuses it.
        if let Value::ServerError(refused) = &server
            && refused.code() == "NOAUTH"
        {
            return Err(failure::connecting(&settings.server, refused.clone().into()));
        }
        let identified = Identified::new(&server, &replication, settings.identity, sent)?;
        let (publish, begin_epoch) = (loaded(publish)?, loaded(begin_epoch)?);
        let publish = Publish::new(&publish, names, identified.identity, settings.records);
        let queue = Queue::new(timeout);
        tokio::spawn(Driver::new(socket, Arc::clone(&queue), Arc::clone(names), identified, timeout));
        Ok(Self { queue, identity: identified.identity, publish, begin_epoch })
    }

    /// The answers of these commands.
    pub(super) async fn run(&self, commands: Pipeline) -> Result<Vec<Value>, Failure> {
        let answers = self.queue.run(&commands).await?;
        answers.into_iter().map(|answer| answer.extract_error().map_err(Failure::of)).collect()
    }

    /// Appends a record; returns the head. A server that has forgotten the script (SCRIPT FLUSH) is greeted anew.
    pub(super) async fn publish(&self, record: &[u8]) -> Result<Value, Failure> {
        let answers = self.queue.ask(1, |command| self.publish.write(record, command)).await?;
        let answer = answers.into_iter().next().unwrap_or(Value::Nil);
        answer.extract_error().map_err(Failure::of)
    }

    /// The head, read after the call, and the bytes of the entry of this key.
    pub(super) async fn look(&self, key: Option<EntryKey>) -> Result<Looked, Failure> {
        self.queue.look(key).await
    }

    /// The same for a caller who waits since then, ending by itself when the link's timeout has passed, wherever the
    /// driver runs; none if there is no room now.
    pub(super) fn look_in_time(&self, key: Option<EntryKey>, since: Instant) -> Option<Look> {
        Look::try_new(&self.queue, key, since)
    }

    /// Whether it is of no use any more.
    pub(super) fn has_ended(&self) -> bool {
        self.queue.has_ended()
    }

    /// What the server evicts when its memory is full; unknown if it does not tell.
    pub(super) async fn eviction_policy(&self) -> Option<String> {
        let mut commands = Pipeline::with_capacity(1);
        commands.cmd("INFO").arg("memory");
        let answers = self.run(commands).await.ok()?;
        field(&text(answers.first()?)?, "maxmemory_policy").map(str::to_owned)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Logs in and asks who the server is, by one round trip; returns when that was asked, and the answers.
async fn greet(settings: &Settings) -> Result<(Socket, Instant, Vec<Value>), RedisError> {
    let info = settings.server.info();
    let login = info.redis_settings();
    let mut commands = Pipeline::new();
    if let Some(password) = login.password() {
        commands.cmd("AUTH").arg(login.username()).arg(password);
    }
    if login.db() != 0 {
        commands.cmd("SELECT").arg(login.db());
    }
    let first = commands.len();
    identity::ask(&mut commands);
    commands.cmd("SCRIPT").arg("LOAD").arg(script::PUBLISH);
    commands.cmd("SCRIPT").arg("LOAD").arg(script::BEGIN_EPOCH);

    let mut socket = within(settings.timeout, socket::connect(info.addr(), settings.server.roots())).await?;
    let sent = Instant::now();
    let mut answers = within(settings.timeout, async {
        socket.write_all(&commands.get_packed_pipeline()).await?;
        socket.flush().await?;
        read_answers(&mut socket, commands.len()).await
    })
    .await?;
    let greeting = answers.split_off(first);
    for (place, answer) in answers.into_iter().enumerate() {
        let is_login = place == 0 && login.password().is_some();
        answer.extract_error().map_err(|error| if is_login { refused(&error) } else { error })?;
    }
    Ok((socket, sent, greeting))
}

async fn within<T>(
    timeout: Duration,
    future: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, RedisError> {
    let late = || Err(io::Error::from(io::ErrorKind::TimedOut).into());
    tokio::time::timeout(timeout, future).await.unwrap_or_else(|_| late())
}

async fn read_answers(socket: &mut Socket, count: usize) -> Result<Vec<Value>, RedisError> {
    let malformed = |_| RedisError::from((Kind::Parse, "the server does not speak the protocol"));
    let (mut input, mut answers) = (Vec::new(), Vec::with_capacity(count));
    while answers.len() < count {
        if socket.read_buf(&mut input).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let mut consumed = 0;
        while let Some(length) = resp::length(&input[consumed..]).map_err(malformed)? {
            answers.push(resp::value(&input[consumed..consumed + length]).map_err(malformed)?);
            consumed += length;
        }
        input.drain(..consumed);
    }
    Ok(answers)
}

/// Whatever the server has against it, and however it says so.
fn refused(login: &RedisError) -> RedisError {
    (Kind::AuthenticationFailed, "the login is refused", login.to_string()).into()
}

fn loaded(answer: Value) -> Result<String> {
    let answer = answer.extract_error().map_err(|error| Failure::of(error).error)?;
    let hash = bulk(&answer).and_then(|hash| std::str::from_utf8(hash).ok());
    hash.map(str::to_owned)
        .ok_or_else(|| Error::new(ErrorKind::Unavailable, "the cache server does not load scripts"))
}
