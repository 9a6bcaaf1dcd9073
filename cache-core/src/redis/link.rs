//! One connection to one server incarnation. It is never reconnected: another connection is another link.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, Value};

use super::failure::{self, Failure};
use super::script;
use super::settings::{IdentityCheck, Settings};
use super::wire::{Identity, bulk};
use crate::error::{Error, ErrorKind, Result};

/// How long a link is believed to lead to the incarnation that it was made to.
const VERIFIED_FOR: Duration = Duration::from_secs(1);

/// Commands on their way at once, before callers wait to send theirs.
const PIPELINE: usize = 1024;

/// A connection that has been greeted.
#[derive(Debug)]
pub(super) struct Link {
    connection: MultiplexedConnection,
    pub(super) identity: Identity,
    pub(super) scripts: Scripts,
    check: IdentityCheck,
    verified: Mutex<Instant>,
}

/// By what hash the server calls each script.
#[derive(Debug)]
pub(super) struct Scripts {
    publish: String,
    begin_epoch: String,
}

/// Which script.
#[derive(Clone, Copy, Debug)]
pub(super) enum Script {
    Publish,
    BeginEpoch,
}

impl Link {
    pub(super) async fn connect(settings: &Settings, response_timeout: Duration) -> Result<Self> {
        let fail = |error: RedisError| failure::connecting(&settings.server, error);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.timeout))
            .set_response_timeout(Some(response_timeout))
            .set_pipeline_buffer_size(PIPELINE);
        let client = Client::open(settings.server.info()).map_err(fail)?;
        let mut connection =
            client.get_multiplexed_async_connection_with_config(&config).await.map_err(fail)?;
        let sent = Instant::now();
        let mut greeting = Pipeline::new();
        ask_who(&mut greeting);
        greeting.cmd("SCRIPT").arg("LOAD").arg(script::PUBLISH);
        greeting.cmd("SCRIPT").arg("LOAD").arg(script::BEGIN_EPOCH);
        let answers = connection.send_packed_commands(&greeting, 0, 4).await.map_err(fail)?;
        let [server, replication, publish, begin_epoch] =
            <[Value; 4]>::try_from(answers).map_err(|_| Failure::unknown_answer().error)?;
        // A server that expects a password takes any command before it refuses it.
        if let Value::ServerError(refused) = &server
            && refused.code() == "NOAUTH"
        {
            return Err(fail(refused.clone().into()));
        }
        let identity = identify(&server, &replication, settings.identity)?;
        let scripts = Scripts { publish: loaded(publish)?, begin_epoch: loaded(begin_epoch)? };
        Ok(Self { connection, identity, scripts, check: settings.identity, verified: Mutex::new(sent) })
    }

    /// Runs commands, and checks once in a while whether the server is still the one that was greeted.
    pub(super) async fn run(&self, mut commands: Pipeline) -> Result<Vec<Value>, Failure> {
        let count = commands.len();
        let due = self.check_due();
        if due.is_some() {
            ask_who(&mut commands);
        }
        let mut connection = self.connection.clone();
        let sent = connection.send_packed_commands(&commands, 0, commands.len()).await;
        let mut answers = sent.map_err(Failure::of)?;
        if let Some(began) = due {
            // Asked after the commands, so what they were answered by is the incarnation that is asked.
            let identity = match answers.get(count..) {
                Some([server, replication]) => identify(server, replication, self.check)?,
                _ => return Err(Failure::unknown_answer()),
            };
            if identity != self.identity {
                return Err(Failure::another_server());
            }
            *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = began;
            answers.truncate(count);
        }
        answers.into_iter().map(|answer| answer.extract_error().map_err(Failure::of)).collect()
    }

    /// What the server evicts when its memory is full; unknown if it does not tell.
    pub(super) async fn eviction_policy(&self) -> Option<String> {
        let mut commands = Pipeline::with_capacity(1);
        commands.cmd("INFO").arg("memory");
        let answers = self.run(commands).await.ok()?;
        field(&text(answers.first()?)?, "maxmemory_policy").map(str::to_owned)
    }

    /// When the check began, if it is time for one.
    fn check_due(&self) -> Option<Instant> {
        let now = Instant::now();
        let verified = *self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        (self.check == IdentityCheck::Checked && now.duration_since(verified) >= VERIFIED_FOR).then_some(now)
    }

    /// The call of a script. A server that has forgotten it (SCRIPT FLUSH) is greeted anew.
    pub(super) fn script(&self, script: Script) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(match script {
            Script::Publish => &self.scripts.publish,
            Script::BeginEpoch => &self.scripts.begin_epoch,
        });
        command
    }
}

fn ask_who(pipeline: &mut Pipeline) {
    pipeline.cmd("INFO").arg("server").cmd("INFO").arg("replication");
}

fn loaded(answer: Value) -> Result<String> {
    let answer = answer.extract_error().map_err(|error| Failure::of(error).error)?;
    let hash = bulk(&answer).and_then(|hash| std::str::from_utf8(hash).ok());
    hash.map(str::to_owned)
        .ok_or_else(|| Error::new(ErrorKind::Unavailable, "the cache server does not load scripts"))
}

/// Who the server says that it is.
fn identify(server: &Value, replication: &Value, check: IdentityCheck) -> Result<Identity> {
    if check == IdentityCheck::Trusted {
        return Ok(Identity::TRUSTED);
    }
    let (Some(server), Some(replication)) = (text(server), text(replication)) else {
        return Err(failure::hidden_identity());
    };
    let (Some(run), Some(life)) = (field(&server, "run_id"), field(&replication, "master_replid")) else {
        return Err(failure::hidden_identity());
    };
    match field(&replication, "role") {
        Some("master") => Ok(Identity::new(run, life)),
        _ => Err(failure::replica()),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::VerbatimString { text, .. } => Some(text.clone()),
        other => bulk(other).map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn field<'t>(info: &'t str, name: &str) -> Option<&'t str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}
