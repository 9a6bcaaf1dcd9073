//! The records of the log, as the server keeps them.

use std::slice::ChunksExact;

use cache_core::Mark;
use cache_tests::servers::RedisServer;
use cache_tests::servers::resp::Reply;

/// What a record says, as far as tests ask.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) marks: Vec<Mark>,
    /// How many fences it lifts.
    pub(super) lifted: usize,
}

impl Record {
    pub(super) fn touches(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

/// All of the log, oldest first.
pub(super) fn records(server: &RedisServer) -> Vec<Record> {
    let Reply::Array(items) = server.call(&["XRANGE", "test:log", "-", "+"]) else { return Vec::new() };
    items.iter().map(|item| bytes(item).and_then(decode).expect("a record is whole")).collect()
}

/// The field that does not say when it was appended.
fn bytes(item: &Reply) -> Option<&[u8]> {
    let Reply::Array(item) = item else { return None };
    let Some(Reply::Array(fields)) = item.get(1) else { return None };
    fields.chunks_exact(2).find_map(|field| match &field[1] {
        Reply::Bytes(bytes) if field[0].text().as_deref() != Some("at") => Some(bytes.as_slice()),
        _ => None,
    })
}

/// A version, marks with their declarations, ids of fences that are lifted; what is raised is not looked at.
fn decode(bytes: &[u8]) -> Option<Record> {
    let mut rest = bytes.get(1..)?;
    let marks = take(&mut rest, 8)?;
    let _declared = take(&mut rest, 16)?;
    let lifted = take(&mut rest, 8)?.len();
    let bits = marks.filter_map(|mark| Some(u64::from_le_bytes(mark.try_into().ok()?)));
    Some(Record { marks: bits.map(Mark::from_bits).collect(), lifted })
}

/// As many items of this size as are said to follow.
fn take<'b>(rest: &mut &'b [u8], size: usize) -> Option<ChunksExact<'b, u8>> {
    let (count, items) = rest.split_first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let (items, others) = items.split_at_checked(count * size)?;
    *rest = others;
    Some(items.chunks_exact(size))
}
