//! The store in a Redis server, beside the log.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Pipeline, Value};

use super::core::Core;
use super::log::RedisLog;
use super::wire::{array, bulk};
use crate::error::Result;
use crate::log::{BoxFuture, Log, Position};
use crate::runtime;
use crate::store::{Bytes, Claim, EntryKey, Fetched, Store};

/// Redis keeps no key for longer than this many milliseconds; a time to live of for ever is a hundred years.
const LONGEST: u128 = 100 * 365 * 24 * 3600 * 1000;

/// The store in a Redis server.
pub(crate) struct RedisStore {
    log: Arc<RedisLog>,
}

impl RedisStore {
    pub(super) fn new(log: Arc<RedisLog>) -> Self {
        Self { log }
    }

    /// Whether a log is the one beside this store.
    fn is_beside(&self, log: &dyn Log) -> bool {
        std::ptr::addr_eq(log, Arc::as_ptr(&self.log))
    }

    fn run(&self, commands: Pipeline) -> BoxFuture<'static, Result<Vec<Value>>> {
        let core = Arc::clone(self.log.core());
        Box::pin(
            async move { runtime::within(async move { Ok(core.transport.run(commands).await?.1) }).await },
        )
    }

    fn ask(&self, command: redis::Cmd) -> BoxFuture<'static, Result<Value>> {
        let mut commands = Pipeline::with_capacity(1);
        commands.add_command(command);
        let answers = self.run(commands);
        Box::pin(async move { Ok(answers.await?.pop().unwrap_or(Value::Nil)) })
    }

    fn set(&self, key: EntryKey, bytes: &[u8], ttl: Duration) -> redis::Cmd {
        let mut command = redis::cmd("SET");
        command.arg(self.log.core().names.entry(key)).arg(bytes).arg("PX").arg(millis(ttl));
        command
    }
}

impl Store for RedisStore {
    fn get(&self, key: EntryKey) -> BoxFuture<'_, Result<Option<Bytes>>> {
        let mut command = redis::cmd("GET");
        command.arg(self.log.core().names.entry(key));
        Box::pin(async move { Ok(bytes(&self.ask(command).await?)) })
    }

    fn put(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        let mut commands = Pipeline::with_capacity(2);
        commands.add_command(self.set(key, &bytes, ttl));
        commands.cmd("UNLINK").arg(self.log.core().names.claim(key));
        Box::pin(async move { self.run(commands).await.map(drop) })
    }

    fn put_if_absent(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        let mut command = self.set(key, &bytes, ttl);
        command.arg("NX");
        Box::pin(async move { Ok(self.ask(command).await? == Value::Okay) })
    }

    fn expire_in(&self, key: EntryKey, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        let mut command = redis::cmd("PEXPIRE");
        command.arg(self.log.core().names.entry(key)).arg(millis(ttl));
        Box::pin(async move { Ok(self.ask(command).await? == Value::Int(1)) })
    }

    fn get_many<'a>(&'a self, keys: &'a [EntryKey]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>>> {
        let core = self.log.core();
        let mut command = redis::cmd("MGET");
        for key in keys {
            command.arg(core.names.entry(*key));
        }
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let answer = self.ask(command).await?;
            Ok(array(&answer).unwrap_or_default().iter().map(bytes).collect())
        })
    }

    fn put_many(&self, entries: Vec<(EntryKey, Bytes)>, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        let mut commands = Pipeline::with_capacity(entries.len());
        for (key, bytes) in &entries {
            commands.add_command(self.set(*key, bytes, ttl));
        }
        Box::pin(async move { if entries.is_empty() { Ok(()) } else { self.run(commands).await.map(drop) } })
    }

    fn get_with_head<'a>(&'a self, key: EntryKey, log: &'a dyn Log) -> BoxFuture<'a, Result<Fetched>> {
        if !self.is_beside(log) {
            return Box::pin(async move {
                let head = log.head().await?;
                Ok(Fetched { bytes: self.get(key).await.unwrap_or_default(), head })
            });
        }
        let core = self.log.core();
        Box::pin(async move {
            let (bytes, head) = core.look(Some(key)).await?;
            Ok(Fetched { bytes, head })
        })
    }

    fn get_with_head_in_time<'a>(
        &'a self,
        key: EntryKey,
        log: &'a dyn Log,
        since: Instant,
    ) -> Option<BoxFuture<'a, Result<Fetched>>> {
        let look = self.is_beside(log).then(|| self.log.core().look_in_time(Some(key), since))??;
        Some(Box::pin(async move {
            let (bytes, head) = look.await?;
            Ok(Fetched { bytes, head })
        }))
    }

    fn get_many_with_head<'a>(
        &'a self,
        keys: &'a [EntryKey],
        log: &'a dyn Log,
    ) -> BoxFuture<'a, Result<(Vec<Option<Bytes>>, Position)>> {
        if !self.is_beside(log) {
            return Box::pin(async move {
                let head = log.head().await?;
                Ok((self.get_many(keys).await.unwrap_or_else(|_| vec![None; keys.len()]), head))
            });
        }
        let core = Arc::clone(self.log.core());
        let mut command = redis::cmd("MGET");
        keys.iter().for_each(|key| _ = command.arg(core.names.entry(*key)));
        command.arg(&core.names.head);
        let count = keys.len();
        let run = async move {
            let mut commands = Pipeline::with_capacity(1);
            commands.add_command(command);
            let (link, answers) = core.transport.run(commands).await?;
            let found = answers.first().and_then(array).unwrap_or_default();
            let head = core.accept(&link, found.get(count).unwrap_or(&Value::Nil)).await?;
            Ok(((0..count).map(|place| found.get(place).and_then(bytes)).collect(), head))
        };
        Box::pin(async move { runtime::within(run).await })
    }

    fn claim<'a>(
        &'a self,
        key: EntryKey,
        ttl: Duration,
        log: &'a dyn Log,
    ) -> BoxFuture<'a, Result<(Claim, Fetched)>> {
        if !self.is_beside(log) {
            return Box::pin(async move { Ok((Claim::Granted, self.get_with_head(key, log).await?)) });
        }
        let core = Arc::clone(self.log.core());
        let run = async move {
            let mut commands = Pipeline::with_capacity(2);
            commands.cmd("SET").arg(core.names.claim(key)).arg(1).arg("NX").arg("PX").arg(millis(ttl));
            core.get_with_head(key, &mut commands);
            let (fetched, answers) = fetch(&core, commands, 1).await?;
            let granted = answers.first() == Some(&Value::Okay);
            Ok((if granted { Claim::Granted } else { Claim::Taken }, fetched))
        };
        Box::pin(async move { runtime::within(run).await })
    }

    fn release(&self, key: EntryKey) {
        let mut commands = Pipeline::with_capacity(1);
        commands.cmd("UNLINK").arg(self.log.core().names.claim(key));
        let released = self.run(commands);
        // If it is lost, the claim ends by its time to live.
        runtime::spawn(async move { drop(released.await) });
    }
}

/// Runs commands of which the one in `place` asks for an entry and the head.
async fn fetch(core: &Core, commands: Pipeline, place: usize) -> Result<(Fetched, Vec<Value>)> {
    let (link, answers) = core.transport.run(commands).await?;
    let found = answers.get(place).and_then(array).unwrap_or_default();
    let head = core.accept(&link, found.get(1).unwrap_or(&Value::Nil)).await?;
    Ok((Fetched { bytes: found.first().and_then(bytes), head }, answers))
}

fn bytes(answer: &Value) -> Option<Bytes> {
    bulk(answer).map(Arc::from)
}

fn millis(ttl: Duration) -> u64 {
    ttl.as_millis().clamp(1, LONGEST) as u64
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("log", &self.log).finish()
    }
}
