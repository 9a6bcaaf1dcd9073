//! The key of an entry.

use std::fmt;

use serde::Serialize;

use crate::codec::tokens::{self, Refused, Sink, Token};
use crate::error::{Error, ErrorKind, Result};

/// The key of an entry: 128 bits of a BLAKE3 hash.
///
/// A key may contain what a user of the application typed, so it is a cryptographic hash: nobody can make two
/// queries share an entry.
///
/// ```
/// use cache_core::EntryKey;
///
/// let page = EntryKey::of("front-page", &(7, "rust"))?;
/// assert_eq!(page, EntryKey::of("front-page", &(7, "rust"))?);
/// assert_ne!(page, EntryKey::of("front-page", &(8, "rust"))?);
/// assert_ne!(page, EntryKey::of("back-page", &(7, "rust"))?);
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey(u128);

impl EntryKey {
    /// The key of `parts` in a namespace.
    ///
    /// Equal values must serialize equally: a `HashMap`, whose order differs from run to run, makes a new key
    /// each time. Different ones must differ in what is serialized: what serde skips is no part of the key.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] if `parts` cannot be serialized.
    pub fn of(namespace: &str, parts: &(impl Serialize + ?Sized)) -> Result<Self> {
        Ok(KeyBuilder::new(namespace).value(parts)?.finish())
    }

    /// The key with these bits, as read from an entry.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits, as written to an entry.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl From<&str> for EntryKey {
    fn from(text: &str) -> Self {
        KeyBuilder::new("text").text(text).finish()
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryKey({self})")
    }
}

/// Hashes the parts of a key. Each part is of fixed width, length-prefixed or self-delimiting, and has a tag for
/// its type, so that parts cannot run together.
///
/// ```
/// use cache_core::store::KeyBuilder;
///
/// let one = KeyBuilder::new("sql").text("SELECT 1").number(7).finish();
/// let two = KeyBuilder::new("sql").text("SELECT 17").finish();
/// assert_ne!(one, two);
/// ```
#[derive(Clone)]
#[must_use = "a builder makes no key until it is finished"]
pub struct KeyBuilder(blake3::Hasher);

impl KeyBuilder {
    /// A key in a namespace: keys of different namespaces are different.
    pub fn new(namespace: &str) -> Self {
        Self(blake3::Hasher::new()).text(namespace)
    }

    /// Adds a number.
    pub fn number(mut self, number: u64) -> Self {
        self.0.update(b"n").update(&number.to_le_bytes());
        self
    }

    /// Adds text.
    pub fn text(self, text: &str) -> Self {
        self.tagged(b't', text.as_bytes())
    }

    /// Adds bytes.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.tagged(b'b', bytes)
    }

    /// Adds any value that serializes.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] if it does not.
    pub fn value(mut self, value: &(impl Serialize + ?Sized)) -> Result<Self> {
        self.0.update(b"v");
        let mut sink = Hashing { hasher: &mut self.0, buffer: [0; BUFFER], filled: 0 };
        tokens::write(value, false, &mut sink)
            .map_err(|error| Error::new(ErrorKind::Codec, "key cannot be serialized").with_source(error))?;
        sink.flush();
        Ok(self)
    }

    /// The key.
    #[must_use]
    pub fn finish(&self) -> EntryKey {
        let mut bits = [0; 16];
        bits.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        EntryKey(u128::from_le_bytes(bits))
    }

    fn tagged(mut self, tag: u8, bytes: &[u8]) -> Self {
        self.0.update(&[tag]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        self
    }
}

impl fmt::Debug for KeyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyBuilder({})", self.finish())
    }
}

/// Most values are shorter, and are hashed at once.
const BUFFER: usize = 128;

struct Hashing<'h> {
    hasher: &'h mut blake3::Hasher,
    buffer: [u8; BUFFER],
    filled: usize,
}

impl Hashing<'_> {
    fn add(&mut self, bytes: &[u8]) {
        if bytes.len() > BUFFER - self.filled {
            self.flush();
        }
        match self.buffer[self.filled..].get_mut(..bytes.len()) {
            Some(free) => {
                free.copy_from_slice(bytes);
                self.filled += bytes.len();
            }
            None => _ = self.hasher.update(bytes),
        }
    }

    fn flush(&mut self) {
        self.hasher.update(&self.buffer[..self.filled]);
        self.filled = 0;
    }
}

impl Sink for Hashing<'_> {
    fn token(&mut self, token: Token, bytes: &[u8]) -> Result<(), Refused> {
        self.add(&[token as u8]);
        if token.has_length() {
            self.add(&(bytes.len() as u64).to_le_bytes());
        }
        self.add(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() -> Result<()> {
        let keys = [
            KeyBuilder::new("a").text("bc").finish(),
            KeyBuilder::new("a").text("b").text("c").finish(),
            KeyBuilder::new("ab").text("c").finish(),
            KeyBuilder::new("a").bytes(b"bc").finish(),
            KeyBuilder::new("a").value("bc")?.finish(),
            KeyBuilder::new("a").value(&("b", "c"))?.finish(),
            KeyBuilder::new("a").value("b")?.value("c")?.finish(),
        ];
        let mut distinct = keys.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), keys.len());
        Ok(())
    }

    #[test]
    fn fields_that_some_values_skip_do_not_run_together() -> Result<()> {
        #[derive(Serialize)]
        struct Filter {
            #[serde(skip_serializing_if = "Option::is_none")]
            min: Option<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            max: Option<i64>,
        }
        let min = EntryKey::of("x", &Filter { min: Some(5), max: None })?;
        assert_ne!(min, EntryKey::of("x", &Filter { min: None, max: Some(5) })?);
        Ok(())
    }

    #[test]
    fn nothing_in_something_is_not_nothing() -> Result<()> {
        let keys = [None, Some(None), Some(Some(())), Some(Some(()))];
        let keys: Vec<EntryKey> = keys.iter().map(|key| EntryKey::of("x", key)).collect::<Result<_>>()?;
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert_eq!(keys[2], keys[3]);
        Ok(())
    }

    #[test]
    fn neither_lists_nor_texts_run_together_however_long_they_are() -> Result<()> {
        let long = "long".repeat(100);
        let values = [
            vec![vec!["a", "b"], vec![]],
            vec![vec!["a"], vec!["b"]],
            vec![vec!["ab"], vec![]],
            vec![vec![long.as_str(), "a"]],
            vec![vec![long.as_str()], vec!["a"]],
            vec![vec![&long[1..], "a"]],
        ];
        let mut keys: Vec<EntryKey> =
            values.iter().map(|key| EntryKey::of("x", key)).collect::<Result<_>>()?;
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), values.len());
        Ok(())
    }

    #[test]
    fn a_value_that_does_not_serialize_is_an_error() {
        struct Refuses;
        impl Serialize for Refuses {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no"))
            }
        }
        let error = EntryKey::of("x", &Refuses).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec);
    }
}
