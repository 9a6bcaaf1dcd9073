//! Rows of PostgreSQL as the server sent them, kept and read again.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use cache_core::codec::Codec;
use cache_core::{Error, ErrorKind, Result};
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field, PartialRow, Row, RowIndex, RowSealed};

/// A result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    columns: Vec<Column>,
    rows: usize,
    /// Where each value is, row by row; NULL is nowhere.
    places: Vec<Option<Range<usize>>>,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: Option<String>,
    oid: NonZeroU32,
}

/// What is no type of any column: that of one whose values are all NULL, which nobody asks for.
const UNKNOWN: NonZeroU32 = NonZeroU32::new(705).expect("it is not zero");

impl Answer {
    /// No rows yet.
    pub(crate) fn new() -> Self {
        Self { columns: Vec::new(), rows: 0, places: Vec::new(), bytes: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push<'r>(&mut self, row: &impl Row<'r, Pg>) {
        self.rows += 1;
        for place in 0..row.field_count() {
            let field = row.get(place);
            if self.columns.len() == place {
                let name = field.as_ref().and_then(|field| field.field_name().map(str::to_owned));
                self.columns.push(Column { name, oid: UNKNOWN });
            }
            let value = field.as_ref().and_then(Field::value);
            let value = value.map(|value| {
                self.columns[place].oid = value.get_oid();
                self.add(value.as_bytes())
            });
            self.places.push(value);
        }
    }

    fn add(&mut self, value: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        start..self.bytes.len()
    }

    /// The rows of a result that others may hold too.
    pub(crate) fn into_rows(self: Arc<Self>) -> impl ExactSizeIterator<Item = StoredRow> {
        (0..self.rows).map(move |row| StoredRow { answer: Arc::clone(&self), row })
    }
}

/// A row as the server sent it, out of the cache or not.
#[derive(Clone, Debug)]
pub struct StoredRow {
    answer: Arc<Answer>,
    row: usize,
}

/// A value of a [`StoredRow`].
pub struct StoredField<'f> {
    column: &'f Column,
    value: Option<&'f [u8]>,
}

impl fmt::Debug for StoredField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredField").field("column", &self.column).finish_non_exhaustive()
    }
}

impl RowSealed for StoredRow {}

impl<'a> Row<'a, Pg> for StoredRow {
    type Field<'f>
        = StoredField<'f>
    where
        'a: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.answer.columns.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<StoredField<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        let place = self.idx(index)?;
        let column = &self.answer.columns[place];
        let range = self.answer.places.get(self.row * self.answer.columns.len() + place)?;
        Some(StoredField { column, value: range.clone().map(|range| &self.answer.bytes[range]) })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for StoredRow {
    fn idx(&self, index: usize) -> Option<usize> {
        Some(index).filter(|index| *index < self.answer.columns.len())
    }
}

impl RowIndex<&str> for StoredRow {
    fn idx(&self, name: &str) -> Option<usize> {
        self.answer.columns.iter().position(|column| column.name.as_deref() == Some(name))
    }
}

impl<'f> Field<'f, Pg> for StoredField<'f> {
    fn field_name(&self) -> Option<&str> {
        self.column.name.as_deref()
    }

    fn value(&self) -> Option<PgValue<'_>> {
        Some(PgValue::new(self.value?, &self.column.oid))
    }
}

/// How answers become bytes: numbers of four bytes, texts by their length; the length of NULL is the largest number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsSent;

const NULL: u32 = u32::MAX;

impl Codec<Answer> for AsSent {
    fn encode(&self, answer: &Answer) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(answer.bytes.len() + 4 * answer.places.len() + 64);
        put(&mut out, answer.columns.len())?;
        for column in &answer.columns {
            put_bytes(&mut out, column.name.as_ref().map(String::as_bytes))?;
            put(&mut out, column.oid.get() as usize)?;
        }
        put(&mut out, answer.rows)?;
        for place in &answer.places {
            put_bytes(&mut out, place.clone().map(|place| &answer.bytes[place]))?;
        }
        Ok(out)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Answer> {
        decode(bytes).ok_or_else(|| Error::new(ErrorKind::Codec, "these bytes are no rows of PostgreSQL"))
    }

    fn weight(&self, answer: &Answer) -> usize {
        let names = answer.columns.iter().map(|column| column.name.as_ref().map_or(0, String::len));
        names.sum::<usize>()
            + answer.bytes.len()
            + answer.places.len() * size_of::<Option<Range<usize>>>()
            + answer.columns.len() * size_of::<Column>()
    }

    fn fingerprint(&self) -> u64 {
        u64::from_le_bytes(*b"pg rows1")
    }
}

fn put(out: &mut Vec<u8>, number: usize) -> Result<()> {
    let number = u32::try_from(number).ok().filter(|number| *number != NULL);
    let number = number.ok_or_else(|| Error::new(ErrorKind::Codec, "the result is too large to be kept"))?;
    out.extend(number.to_le_bytes());
    Ok(())
}

fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) -> Result<()> {
    let Some(bytes) = bytes else {
        out.extend(NULL.to_le_bytes());
        return Ok(());
    };
    put(out, bytes.len())?;
    out.extend(bytes);
    Ok(())
}

fn decode(mut rest: &[u8]) -> Option<Answer> {
    let mut answer = Answer::new();
    for _ in 0..number(&mut rest)? {
        let name = match some_bytes(&mut rest)? {
            Some(name) => Some(std::str::from_utf8(name).ok()?.to_owned()),
            None => None,
        };
        answer.columns.push(Column { name, oid: NonZeroU32::new(number(&mut rest)?)? });
    }
    answer.rows = number(&mut rest)? as usize;
    while !rest.is_empty() {
        let value = some_bytes(&mut rest)?;
        let place = value.map(|value| answer.add(value));
        answer.places.push(place);
    }
    let expected = answer.rows.checked_mul(answer.columns.len())?;
    Some(answer).filter(|answer| answer.places.len() == expected)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}

/// Not enough bytes; NULL; some.
fn some_bytes<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = number(rest)?;
    if length == NULL {
        return Some(None);
    }
    let (bytes, after) = rest.split_at_checked(length as usize)?;
    *rest = after;
    Some(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        let oid = NonZeroU32::new(25).unwrap();
        let columns = [Some("a".to_owned()), None].map(|name| Column { name, oid });
        Answer {
            columns: columns.into(),
            rows: 2,
            places: vec![Some(0..1), None, Some(1..1), Some(1..3)],
            bytes: b"xyz".to_vec(),
        }
    }

    #[test]
    fn an_answer_is_the_same_after_it_was_kept() {
        let bytes = AsSent.encode(&answer()).unwrap();
        assert_eq!(AsSent.decode(&bytes).unwrap(), answer());
        let empty = AsSent.encode(&Answer::new()).unwrap();
        assert_eq!(AsSent.decode(&empty).unwrap(), Answer::new());
    }

    #[test]
    fn bytes_that_were_cut_or_changed_are_no_answer() {
        let bytes = AsSent.encode(&answer()).unwrap();
        for end in 0..bytes.len() {
            assert_eq!(AsSent.decode(&bytes[..end]).unwrap_err().kind(), ErrorKind::Codec, "{end}");
        }
        let longer = [bytes.as_slice(), &[0, 0, 0, 0]].concat();
        assert!(AsSent.decode(&longer).is_err());
    }
}
