//! An entry as bytes.
//!
//! All numbers are little endian.
//!
//! | bytes | field |
//! |---|---|
//! | 4 | magic and format version |
//! | 16 | echo of the key |
//! | 8 | fingerprint of the payload's type and format |
//! | 8, 8 | position: epoch, sequence number |
//! | 8 | when its load began, in milliseconds since 1970 |
//! | 8 | when it expires |
//! | 1 | how the payload is compressed |
//! | 4, 4, 4 | how many marks, how many declarations, how many bytes of payload |
//! | 8 each | marks |
//! | 16 each | declarations under which the marks were made: mark of the table, fingerprint |
//! | .. | payload |
//! | 8 | checksum of all before |
//!
//! A store may return anything. What is cut off, changed, of another key, of another version or type, opens as
//! `None`, which is a miss that the next fill overwrites.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use super::Compression;
use crate::error::Result;
use crate::log::{Epoch, Position};
use crate::mark::{Declared, Mark, Marks};
use crate::store::EntryKey;

const MAGIC: [u8; 4] = *b"qce\x03";
const HEADER: usize = 4 + 16 + 8 + 16 + 8 + 8 + 1 + 12;
const CHECKSUM: usize = 8;

/// An entry, before it is sealed or after it is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) key: EntryKey,
    pub(crate) fingerprint: u64,
    pub(crate) position: Position,
    /// Milliseconds since 1970.
    pub(crate) loaded: u64,
    /// Milliseconds since 1970; the largest number never comes.
    pub(crate) expires: u64,
    pub(crate) marks: Marks,
    pub(crate) compression: Compression,
    /// As it is compressed.
    pub(crate) payload: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// The bytes; none if the entry is too large to have a length.
    pub(crate) fn seal(&self) -> Option<Vec<u8>> {
        let marks = u32::try_from(self.marks.len()).ok()?;
        let declared = u32::try_from(self.marks.declared().len()).ok()?;
        let payload = u32::try_from(self.payload.len()).ok()?;
        let variable = self.marks.len() * 8 + self.marks.declared().len() * 16 + self.payload.len();
        let mut bytes = Vec::with_capacity(HEADER + variable + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend(self.key.bits().to_le_bytes());
        bytes.extend(self.fingerprint.to_le_bytes());
        bytes.extend(self.position.epoch.bits().to_le_bytes());
        bytes.extend(self.position.seq.to_le_bytes());
        bytes.extend(self.loaded.to_le_bytes());
        bytes.extend(self.expires.to_le_bytes());
        bytes.push(self.compression.code());
        bytes.extend(marks.to_le_bytes());
        bytes.extend(declared.to_le_bytes());
        bytes.extend(payload.to_le_bytes());
        bytes.extend(self.marks.as_slice().iter().flat_map(|mark| mark.bits().to_le_bytes()));
        for declared in self.marks.declared() {
            bytes.extend(declared.table.bits().to_le_bytes());
            bytes.extend(declared.fingerprint.to_le_bytes());
        }
        bytes.extend_from_slice(self.payload);
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        Some(bytes)
    }

    /// The entry of this key, whatever its type.
    pub(crate) fn open(key: EntryKey, bytes: &'a [u8]) -> Option<Self> {
        let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>()?;
        if xxh3_64(body) != u64::from_le_bytes(*checksum) {
            return None;
        }
        let mut rest = body;
        let magic: [u8; 4] = take(&mut rest)?;
        let echo = EntryKey::from_bits(u128::from_le_bytes(take(&mut rest)?));
        if magic != MAGIC || echo != key {
            return None;
        }
        let fingerprint = u64::from_le_bytes(take(&mut rest)?);
        let epoch = Epoch::from_bits(u64::from_le_bytes(take(&mut rest)?));
        let seq = u64::from_le_bytes(take(&mut rest)?);
        let loaded = u64::from_le_bytes(take(&mut rest)?);
        let expires = u64::from_le_bytes(take(&mut rest)?);
        let compression = Compression::of_code(u8::from_le_bytes(take(&mut rest)?))?;
        let mut count = || Some(u32::from_le_bytes(take(&mut rest)?) as usize);
        let (marks, declared, payload) = (count()?, count()?, count()?);
        let (marks, rest) = rest.split_at_checked(marks.checked_mul(8)?)?;
        let (declared, rest) = rest.split_at_checked(declared.checked_mul(16)?)?;
        if rest.len() != payload {
            return None;
        }
        let number = |bits: &[u8; 8]| u64::from_le_bytes(*bits);
        let marks = marks.as_chunks::<8>().0.iter().map(|bits| Mark::from_bits(number(bits)));
        let pairs = declared.as_chunks::<8>().0.as_chunks::<2>().0.iter();
        let declared = pairs.map(|[table, fingerprint]| Declared {
            table: Mark::from_bits(number(table)),
            fingerprint: number(fingerprint),
        });
        Some(Self {
            key,
            fingerprint,
            position: Position { epoch, seq },
            loaded,
            expires,
            marks: marks.collect::<Marks>().declared_as(declared),
            compression,
            payload: rest,
        })
    }

    /// The payload as its codec wrote it.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`](crate::ErrorKind::Codec) if it is not what the entry says that it is.
    pub(crate) fn payload(&self) -> Result<Cow<'a, [u8]>> {
        self.compression.decompress(self.payload)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: Declared = Declared { table: Mark::from_bits(34), fingerprint: 55 };

    fn sample() -> Envelope<'static> {
        Envelope {
            key: EntryKey::from("key"),
            fingerprint: 3,
            position: Position { epoch: Epoch::from_bits(5), seq: 8 },
            loaded: 11,
            expires: 13,
            marks: [Mark::EVERYTHING, Mark::from_bits(21)]
                .into_iter()
                .collect::<Marks>()
                .declared_as([DECLARED]),
            compression: Compression::None,
            payload: b"payload",
        }
    }

    #[test]
    fn what_is_sealed_opens() {
        let bytes = sample().seal().unwrap();
        assert_eq!(Envelope::open(sample().key, &bytes), Some(sample()));
    }

    #[test]
    fn every_truncation_and_extension_is_refused() {
        let mut bytes = sample().seal().unwrap();
        for length in 0..bytes.len() {
            assert_eq!(Envelope::open(sample().key, &bytes[..length]), None, "cut to {length}");
        }
        bytes.push(0);
        assert_eq!(Envelope::open(sample().key, &bytes), None);
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let bytes = sample().seal().unwrap();
        for index in 0..bytes.len() {
            for flip in [1, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[index] ^= flip;
                assert_eq!(Envelope::open(sample().key, &changed), None, "byte {index} ^ {flip:#x}");
            }
        }
    }

    #[test]
    fn another_key_or_version_is_refused_even_with_a_right_checksum() {
        let bytes = sample().seal().unwrap();
        assert_eq!(Envelope::open(EntryKey::from("other"), &bytes), None);
        let mut other = bytes[..bytes.len() - CHECKSUM].to_vec();
        other[3] += 1;
        other.extend(xxh3_64(&other).to_le_bytes());
        assert_eq!(Envelope::open(sample().key, &other), None);
    }
}
