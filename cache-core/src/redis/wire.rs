//! Heads and records as the server keeps them.
//!
//! A head is `<identity><begun>-<seq>`: 16 hexadecimal digits of the server incarnation that made it, 16 of when its
//! epoch began, in microseconds of the server's clock, and the sequence number in decimal. The first sequence number
//! of an epoch is one more than when it began. An epoch is the hash of the first two.
//!
//! A record is an item of a stream: its number is the sequence number. One field, named by the epoch, has its bytes;
//! the other, `at`, when it was appended. The bytes are, in little endian: a version; marks; how many fences are
//! lifted (4 bytes), and their ids (8 each); how many are raised (4), and of each the id (8), the milliseconds for
//! which it is up (4), its transaction (16: database and number; zeros if it has none), and marks. Marks are their
//! number (4), they themselves (8 each), the number of declarations (4), and of each the table's mark (8) and the
//! fingerprint (8).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::log::{Epoch, Fence, FenceId, Fences, MAX_FENCE, Position, Record, TransactionId};
use crate::mark::{Declared, Mark, Marks};

const VERSION: u8 = 3;
const DIGITS: usize = 16;

/// One life of one server process: differs after a restart, a promotion, a replica's first connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identity(u64);

impl Identity {
    /// Of a server that does not tell.
    pub(super) const TRUSTED: Identity = Identity(0);

    pub(super) fn new(run: &str, replication: &str) -> Self {
        Self(xxh3_64(format!("{run} {replication}").as_bytes()))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The position of a head that a server with this identity made; none if another one did.
pub(super) fn position(head: &[u8], identity: Identity) -> Option<Position> {
    let (epoch, seq) = std::str::from_utf8(head).ok()?.split_once('-')?;
    if epoch.len() != 2 * DIGITS || epoch[..DIGITS] != identity.to_string() {
        return None;
    }
    Some(Position { epoch: epoch_of(epoch), seq: seq.parse().ok()? })
}

/// Heads as they come over one connection: of the same epoch nearly always.
#[derive(Debug)]
pub(super) struct Heads {
    identity: Identity,
    last: Option<([u8; 2 * DIGITS], Epoch)>,
}

impl Heads {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, last: None }
    }

    /// The position of a head, as [`position`] tells it.
    pub(super) fn position(&mut self, head: &[u8]) -> Option<Position> {
        let (name, seq) = head.split_first_chunk()?;
        if let Some((last, epoch)) = &self.last
            && last == name
        {
            let seq = std::str::from_utf8(seq.strip_prefix(b"-")?).ok()?.parse().ok()?;
            return Some(Position { epoch: *epoch, seq });
        }
        let position = position(head, self.identity)?;
        self.last = Some((*name, position.epoch));
        Some(position)
    }
}

/// When the epoch of a head began.
pub(super) fn begun(head: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(head.get(DIGITS..2 * DIGITS)?).ok()?, 16).ok()
}

fn epoch_of(name: &str) -> Epoch {
    Epoch::from_bits(xxh3_64(name.as_bytes()))
}

/// A record's bytes.
pub(super) fn encode(marks: &Marks, fences: &Fences) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    encode_marks(marks, &mut bytes);
    encode_count(fences.lifted.len(), &mut bytes);
    bytes.extend(fences.lifted.iter().flat_map(|id| id.bits().to_le_bytes()));
    encode_count(fences.raised.len(), &mut bytes);
    for fence in &fences.raised {
        bytes.extend(fence.id.bits().to_le_bytes());
        encode_count(fence.ttl.as_millis() as usize, &mut bytes);
        let TransactionId { database, number } =
            fence.transaction.unwrap_or(TransactionId { database: 0, number: 0 });
        bytes.extend([database.to_le_bytes(), number.to_le_bytes()].as_flattened());
        encode_marks(&fence.marks, &mut bytes);
    }
    bytes
}

fn encode_marks(marks: &Marks, bytes: &mut Vec<u8>) {
    encode_count(marks.len(), bytes);
    bytes.extend(marks.as_slice().iter().flat_map(|mark| mark.bits().to_le_bytes()));
    encode_count(marks.declared().len(), bytes);
    for declared in marks.declared() {
        bytes.extend(declared.table.bits().to_le_bytes());
        bytes.extend(declared.fingerprint.to_le_bytes());
    }
}

fn encode_count(count: usize, bytes: &mut Vec<u8>) {
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

/// What a record holds; the marks of one that cannot be read meet every entry, and so does the fence that may be in it.
fn decode(bytes: &[u8]) -> (Marks, Fences) {
    try_decode(bytes).unwrap_or_else(|| {
        let marks = Arc::new(Marks::everything());
        let id = FenceId::from_bits(xxh3_64(bytes));
        (Marks::everything(), Fences::raise(Fence { id, ttl: MAX_FENCE, marks, transaction: None }))
    })
}

fn try_decode(bytes: &[u8]) -> Option<(Marks, Fences)> {
    let (version, mut rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let marks = decode_marks(&mut rest)?;
    let lifted = (0..decode_count(&mut rest)?).map(|_| Some(FenceId::from_bits(decode_number(&mut rest)?)));
    let lifted = lifted.collect::<Option<Vec<_>>>()?;
    let raised =
        (0..decode_count(&mut rest)?).map(|_| decode_fence(&mut rest)).collect::<Option<Vec<_>>>()?;
    rest.is_empty().then_some((marks, Fences { raised, lifted }))
}

fn decode_fence(rest: &mut &[u8]) -> Option<Fence> {
    let id = FenceId::from_bits(decode_number(rest)?);
    let ttl = Duration::from_millis(u64::from(decode_count(rest)?));
    let (database, number) = (decode_number(rest)?, decode_number(rest)?);
    let transaction = (number != 0).then_some(TransactionId { database, number });
    Some(Fence { id, ttl, marks: Arc::new(decode_marks(rest)?), transaction })
}

fn decode_marks(rest: &mut &[u8]) -> Option<Marks> {
    let marks = (0..decode_count(rest)?).map(|_| Some(Mark::from_bits(decode_number(rest)?)));
    let marks = marks.collect::<Option<Marks>>()?;
    let declared = (0..decode_count(rest)?).map(|_| {
        Some(Declared { table: Mark::from_bits(decode_number(rest)?), fingerprint: decode_number(rest)? })
    });
    Some(marks.declared_as(declared.collect::<Option<Vec<_>>>()?))
}

fn decode_count(rest: &mut &[u8]) -> Option<u32> {
    let (count, left) = rest.split_first_chunk::<4>()?;
    *rest = left;
    Some(u32::from_le_bytes(*count))
}

fn decode_number(rest: &mut &[u8]) -> Option<u64> {
    let (number, left) = rest.split_first_chunk::<8>()?;
    *rest = left;
    Some(u64::from_le_bytes(*number))
}

/// A record, and when it was appended.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) record: Record,
    pub(super) at: u64,
}

/// The records of this epoch among the items of a stream, in ascending order.
pub(super) fn items(items: &Value, epoch: Epoch) -> Vec<Item> {
    array(items).unwrap_or_default().iter().filter_map(|each| item(each, epoch)).collect()
}

fn item(item: &Value, epoch: Epoch) -> Option<Item> {
    let [id, fields] = array(item)? else { return None };
    let [name, bytes, _, at] = array(fields)? else { return None };
    let seq = sequence(id)?;
    if epoch_of(std::str::from_utf8(bulk(name)?).ok()?) != epoch {
        return None;
    }
    let (marks, fences) = decode(bulk(bytes)?);
    let position = Position { epoch, seq };
    let at = std::str::from_utf8(bulk(at)?).ok()?.parse().ok()?;
    Some(Item { record: Record { position, marks: Arc::new(marks), fences: Arc::new(fences) }, at })
}

/// The number of the last item.
pub(super) fn last_sequence(items: &Value) -> Option<u64> {
    let [id, _] = array(array(items)?.last()?)? else { return None };
    sequence(id)
}

fn sequence(id: &Value) -> Option<u64> {
    std::str::from_utf8(bulk(id)?).ok()?.split_once('-')?.0.parse().ok()
}

/// What `TIME` answers, in microseconds.
pub(super) fn micros(time: &Value) -> Option<u64> {
    let [seconds, micros] = array(time)? else { return None };
    let number = |value| std::str::from_utf8(bulk(value)?).ok()?.parse::<u64>().ok();
    Some(number(seconds)? * 1_000_000 + number(micros)?)
}

pub(super) fn array(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

pub(super) fn bulk(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_accepted_only_from_the_server_that_made_it() {
        let (one, other) = (Identity::new("run", "repl"), Identity::new("run", "other"));
        let head = format!("{one}{:016x}-7", 5);
        assert_eq!(begun(head.as_bytes()), Some(5));
        assert_eq!(position(head.as_bytes(), one).map(|position| position.seq), Some(7));
        assert_eq!(position(head.as_bytes(), other), None);
        let mut heads = Heads::new(one);
        for seq in [7, 8] {
            let head = format!("{one}{:016x}-{seq}", 5);
            assert_eq!(heads.position(head.as_bytes()), position(head.as_bytes(), one));
        }
        assert_eq!(heads.position(format!("{other}{:016x}-7", 5).as_bytes()), None);
        for broken in ["", "-", "7", &head[1..], &head[..head.len() - 1], &format!("{head}x")] {
            assert_eq!(position(broken.as_bytes(), one), None, "{broken}");
            assert_eq!(heads.position(broken.as_bytes()), None, "{broken}");
        }
    }

    #[test]
    fn a_record_is_what_was_encoded_and_a_broken_one_meets_everything() {
        let declared = Declared { table: Mark::from_bits(3), fingerprint: 9 };
        let marks: Marks = [1, 2, 3].map(Mark::from_bits).into_iter().collect();
        let declaring = marks.clone().declared_as([declared]);
        let fence = |id| Fence {
            id: FenceId::from_bits(id),
            ttl: Duration::from_millis(1500),
            marks: Arc::new(declaring.clone()),
            transaction: (id == 5).then_some(TransactionId { database: 8, number: 9 }),
        };
        let fences = Fences { raised: vec![fence(5), fence(6)], lifted: vec![FenceId::from_bits(7)] };
        for marks in [&marks, &declaring, &Marks::default()] {
            for fences in [&Fences::default(), &fences] {
                let bytes = encode(marks, fences);
                assert_eq!(decode(&bytes), (marks.clone(), fences.clone()));
                let mut extended = bytes.clone();
                extended.push(0);
                assert_eq!(decode(&extended).0, Marks::everything());
                for length in 0..bytes.len() {
                    assert_eq!(decode(&bytes[..length]).0, Marks::everything(), "cut to {length}");
                }
            }
        }
    }
}
