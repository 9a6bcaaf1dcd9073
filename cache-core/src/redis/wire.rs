//! Heads and records as the server keeps them.
//!
//! A head is `<identity><life>-<seq>`: 16 hexadecimal digits of the server incarnation that made it, 16 random
//! ones, and the sequence number in decimal. An epoch is the hash of the first two.
//!
//! A record is an item of a stream: its number is the sequence number, its one field is named by the epoch, and
//! holds, in little endian, a version byte, the number of marks (4 bytes), the marks (8 bytes each), and the
//! declarations (8 bytes of the table's mark, 8 of the fingerprint).

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use redis::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::log::{Epoch, Position, Record};
use crate::mark::{Declared, Mark, Marks};

const VERSION: u8 = 1;
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

    /// The name of an epoch that nobody else has made.
    pub(super) fn fresh_epoch(self) -> String {
        format!("{self}{:016x}", RandomState::new().hash_one(self.0))
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

fn epoch_of(name: &str) -> Epoch {
    Epoch::from_bits(xxh3_64(name.as_bytes()))
}

/// A record's bytes.
pub(super) fn encode(marks: &Marks) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5 + marks.len() * 8 + marks.declared().len() * 16);
    bytes.push(VERSION);
    bytes.extend(u32::try_from(marks.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(marks.as_slice().iter().flat_map(|mark| mark.bits().to_le_bytes()));
    for declared in marks.declared() {
        bytes.extend(declared.table.bits().to_le_bytes());
        bytes.extend(declared.fingerprint.to_le_bytes());
    }
    bytes
}

/// The marks of a record; those of one that cannot be read meet every entry.
fn decode(bytes: &[u8]) -> Marks {
    try_decode(bytes).unwrap_or_else(Marks::everything)
}

fn try_decode(bytes: &[u8]) -> Option<Marks> {
    let (version, rest) = bytes.split_first()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let (marks, declared) = rest.split_at_checked((u32::from_le_bytes(*count) as usize).checked_mul(8)?)?;
    if *version != VERSION {
        return None;
    }
    let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let marks = marks.as_chunks::<8>().0.iter().map(|bits| Mark::from_bits(number(bits)));
    let (numbers, rest) = declared.as_chunks::<8>();
    let (pairs, odd) = numbers.as_chunks::<2>();
    let declared = pairs.iter().map(|[table, fingerprint]| Declared {
        table: Mark::from_bits(number(table)),
        fingerprint: number(fingerprint),
    });
    (rest.is_empty() && odd.is_empty()).then(|| marks.collect::<Marks>().declared_as(declared))
}

/// The records of this epoch among the items of a stream, in ascending order.
pub(super) fn records(items: &Value, epoch: Epoch) -> Vec<Record> {
    let Value::Array(items) = items else { return Vec::new() };
    items.iter().filter_map(|item| record(item, epoch)).collect()
}

fn record(item: &Value, epoch: Epoch) -> Option<Record> {
    let [id, fields] = array(item)? else { return None };
    let [name, bytes] = array(fields)? else { return None };
    let seq = sequence(id)?;
    if epoch_of(std::str::from_utf8(bulk(name)?).ok()?) != epoch {
        return None;
    }
    Some(Record { position: Position { epoch, seq }, marks: Arc::new(decode(bulk(bytes)?)) })
}

/// The number of the last item.
pub(super) fn last_sequence(items: &Value) -> Option<u64> {
    let [id, _] = array(array(items)?.last()?)? else { return None };
    sequence(id)
}

fn sequence(id: &Value) -> Option<u64> {
    std::str::from_utf8(bulk(id)?).ok()?.split_once('-')?.0.parse().ok()
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
        let head = format!("{}-7", one.fresh_epoch());
        assert_eq!(position(head.as_bytes(), one).map(|position| position.seq), Some(7));
        assert_eq!(position(head.as_bytes(), other), None);
        for broken in ["", "-", "7", &head[1..], &head[..head.len() - 1], &format!("{head}x")] {
            assert_eq!(position(broken.as_bytes(), one), None, "{broken}");
        }
        assert_ne!(one.fresh_epoch(), one.fresh_epoch());
    }

    #[test]
    fn a_record_is_what_was_encoded_and_a_broken_one_meets_everything() {
        let declared = Declared { table: Mark::from_bits(3), fingerprint: 9 };
        let marks: Marks = [1, 2, 3].map(Mark::from_bits).into_iter().collect();
        for marks in [marks.clone(), marks.declared_as([declared]), Marks::default()] {
            let bytes = encode(&marks);
            assert_eq!(decode(&bytes), marks);
            let mut extended = bytes.clone();
            extended.push(0);
            assert_eq!(decode(&extended), Marks::everything());
            assert_eq!(decode(&bytes[..bytes.len() - 1]), Marks::everything());
        }
    }
}
