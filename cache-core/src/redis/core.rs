//! The commands of the log: heads, publications, records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Pipeline, Value};

use super::batch::Head;
use super::failure::{self, Failure};
use super::link::Link;
use super::names::Names;
use super::script;
use super::tail::Recent;
use super::transport::Transport;
use super::wire::{self, Item, bulk};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{BoxFuture, Epoch, Fences, MAX_FENCE, Position, Record, Tail};
use crate::mark::Marks;
use crate::runtime;
use crate::store::{Bytes, EntryKey};

/// Records of one answer, the first and the largest; a reader that is further behind asks again. A record may be
/// wide: the first answer must not take longer than one statement may wait.
const FIRST_CHUNK: usize = 128;
const CHUNK: usize = 4096;

/// Marks after which older records are left alone: four megabytes, most of what an index of the usual size remembers.
const MAX_MARKS: usize = 1 << 19;

/// How often a reader begins an epoch before it leaves that to others.
const MAX_ADOPTIONS: usize = 3;

/// What the log and the store of one server share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) transport: Arc<Transport>,
    pub(super) recent: Recent,
    pub(super) names: Arc<Names>,
}

impl Core {
    pub(super) fn new(transport: Arc<Transport>) -> Self {
        let names = Arc::clone(&transport.names);
        Self { transport, recent: Recent::new(), names }
    }

    /// The head, read after the call.
    pub(super) async fn read_head(&self) -> Result<Position> {
        Ok(self.look(None).await?.1)
    }

    /// The bytes of an entry and the head, read after the call.
    pub(super) async fn look(&self, key: Option<EntryKey>) -> Result<(Option<Bytes>, Position)> {
        let (link, looked) = self.transport.look(key).await?;
        let head = match looked.head {
            Head::Ours(position) => position,
            Head::Other(head) => self.adopt(&link, head).await?,
        };
        Ok((looked.bytes, head))
    }

    /// The same for a caller who waits since then, ending by itself when that has taken as long as it may; none if
    /// the server cannot be asked at once.
    pub(super) fn look_in_time(
        self: &Arc<Self>,
        key: Option<EntryKey>,
        since: Instant,
    ) -> Option<impl Future<Output = Result<(Option<Bytes>, Position)>> + Send + use<>> {
        let link = self.transport.ready_link()?;
        let (core, look) = (Arc::clone(self), link.look_in_time(key, since)?);
        Some(async move {
            let looked = look.await.map_err(|failure| core.transport.failed(&link, failure))?;
            let head = match looked.head {
                Head::Ours(position) => position,
                Head::Other(head) => core.adopt_in_time(link, head, since).await?,
            };
            Ok((looked.bytes, head))
        })
    }

    fn adopt_in_time(
        self: Arc<Self>,
        link: Arc<Link>,
        head: Vec<u8>,
        since: Instant,
    ) -> BoxFuture<'static, Result<Position>> {
        let left = self.transport.settings.timeout.saturating_sub(since.elapsed());
        let adopt = async move {
            let adopted = tokio::time::timeout(left, self.adopt(&link, head)).await;
            adopted.unwrap_or_else(|_| Err(Failure::timed_out().error))
        };
        Box::pin(async move { runtime::within(adopt).await })
    }

    /// Asks for what [`look`](Self::look) sees, among other commands.
    pub(super) fn get_with_head(&self, key: EntryKey, commands: &mut Pipeline) {
        commands.cmd("MGET").arg(self.names.entry(key)).arg(&self.names.head);
    }

    /// The position of a head that came over this link. One that another server incarnation made, or none, ends
    /// everything that was cached: a new epoch begins.
    pub(super) async fn accept(&self, link: &Arc<Link>, head: &Value) -> Result<Position> {
        self.adopt(link, bulk(head).unwrap_or_default().to_vec()).await
    }

    async fn adopt(&self, link: &Arc<Link>, mut head: Vec<u8>) -> Result<Position> {
        for _ in 0..MAX_ADOPTIONS {
            if let Some(position) = wire::position(&head, link.identity) {
                return Ok(position);
            }
            (head, _) = self.begin_over(link, &head).await?;
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "the cache server loses the log's head as soon as it is written",
        ))
    }

    /// Tries again if the connection ends, as one that nobody has used for long may do when it is used: appended twice is as
    /// good as once.
    pub(super) async fn append(&self, marks: Marks, fences: Fences) -> Result<Record> {
        let bytes = wire::encode(&marks, &fences);
        let first = match self.transport.ready_link() {
            Some(link) => link,
            // Apart: it is rare, and larger than all the rest.
            None => Box::pin(self.transport.link()).await?,
        };
        let position = match self.append_over(&first, &bytes).await {
            Err(_) if first.has_ended() => {
                let link = Box::pin(self.transport.link()).await?;
                self.append_over(&link, &bytes).await?
            }
            position => position?,
        };
        Ok(Record { position, marks: Arc::new(marks), fences: Arc::new(fences) })
    }

    async fn append_over(&self, link: &Arc<Link>, record: &[u8]) -> Result<Position> {
        let head = link.publish(record).await.map_err(|failure| self.transport.failed(link, failure))?;
        let position = bulk(&head).and_then(|head| wire::position(head, link.identity));
        position.ok_or_else(failure::unknown_answer)
    }

    /// Publications may come in between at any rate, so the head is not compared with what it was.
    pub(super) async fn begin_epoch(&self) -> Result<(Epoch, Position)> {
        let link = self.transport.link().await?;
        let (begun, before) = self.begin_over(&link, script::ANY_HEAD.as_bytes()).await?;
        let before = wire::position(&before, link.identity);
        let begun = wire::position(&begun, link.identity).ok_or_else(failure::unknown_answer)?;
        Ok((before.map_or(Epoch::from_bits(0), |before| before.epoch), begun))
    }

    /// The newest records after a position, as many as are of use. What a server with this identity has not made is
    /// not of this log.
    ///
    /// Newest first, so that whoever is far behind has what decides about new entries whatever there is beside: an
    /// index that does not get older ones raises its floor, and so it would if it could not remember them.
    pub(super) async fn read_after(&self, position: Position) -> Result<Tail> {
        let first = position.seq.saturating_add(1);
        let mut commands = Pipeline::with_capacity(3);
        // The head first: a record that comes in between is then one more, not one that is missing.
        commands.cmd("GET").arg(&self.names.head);
        self.newest_first("+", first, FIRST_CHUNK, &mut commands);
        commands.cmd("TIME");
        let (link, answers) = self.transport.run(commands).await?;
        let [head_bytes, items, time] = answers.as_slice() else { return Err(failure::unknown_answer()) };
        let head = self.accept(&link, head_bytes).await?;

        let mut found = wire::items(items, head.epoch);
        let (mut asked, mut items) = (FIRST_CHUNK, items.clone());
        while let Some(oldest) = wire::last_sequence(&items).filter(|oldest| *oldest > first) {
            let marks: usize = found.iter().map(|item| item.record.marks.len()).sum();
            if wire::array(&items).is_none_or(|items| items.len() < asked) || marks >= MAX_MARKS {
                break;
            }
            let width = marks.div_ceil(found.len().max(1)).max(1);
            asked = (asked * 4).min((MAX_MARKS - marks) / width).clamp(1, CHUNK);
            let mut commands = Pipeline::with_capacity(1);
            self.newest_first(&(oldest - 1).to_string(), first, asked, &mut commands);
            items = self.transport.run(commands).await?.1.pop().unwrap_or(Value::Nil);
            // An epoch that began in between has records of its own only.
            found.extend(wire::items(&items, head.epoch));
        }
        found.reverse();
        let begun = bulk(head_bytes).and_then(wire::begun);
        let hidden_fences = hidden_fences(begun, &found, head, wire::micros(time));
        let records = found.into_iter().map(|item| item.record).collect();
        Ok(Tail { head, records, hidden_fences })
    }

    fn newest_first(&self, newest: &str, oldest: u64, count: usize, commands: &mut Pipeline) {
        commands.cmd("XREVRANGE").arg(&self.names.log).arg(newest).arg(oldest).arg("COUNT").arg(count);
    }

    /// Begins an epoch unless the head is not this one any more; returns the head, and what it was.
    async fn begin_over(&self, link: &Arc<Link>, before: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut commands = Pipeline::with_capacity(1);
        let command = commands.cmd("EVALSHA").arg(&link.begin_epoch);
        command.arg(2).arg(&self.names.head).arg(&self.names.log).arg(before).arg(link.identity.to_string());
        let answers = self.transport.run_over(link, commands).await?;
        let Some([head, before]) = answers.first().and_then(wire::array) else {
            return Err(failure::unknown_answer());
        };
        let bytes = |value| bulk(value).unwrap_or_default().to_vec();
        Ok((bytes(head), bytes(before)))
    }
}

/// For how long a fence may be up that is not among these records: from when the epoch began if all of its records
/// are here, else from the first record after the last gap.
fn hidden_fences(begun: Option<u64>, found: &[Item], head: Position, now: Option<u64>) -> Duration {
    let (Some(begun), Some(now)) = (begun, now) else { return MAX_FENCE };
    let (mut reached, mut seen_since) = (begun, begun);
    for item in found {
        if item.record.position.seq != reached + 1 {
            seen_since = item.at;
        }
        reached = item.record.position.seq;
    }
    if reached < head.seq {
        return MAX_FENCE;
    }
    MAX_FENCE.saturating_sub(Duration::from_micros(now.saturating_sub(seen_since)))
}
