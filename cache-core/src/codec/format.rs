//! The form of a payload.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

/// The form of a payload.
///
/// ```
/// use cache_core::codec::Format;
///
/// let bytes = Format::default().encode(&("rust", 7))?;
/// assert_eq!(Format::default().decode::<(String, u8)>(&bytes)?, ("rust".to_owned(), 7));
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Format {
    /// MessagePack with named fields: survives added and reordered fields, and not-a-number floats.
    #[default]
    MessagePack,
    /// JSON: readable, but loses not-a-number floats.
    #[cfg(feature = "json")]
    #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
    Json,
}

impl Format {
    /// The bytes of a value.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] if the value has no form in this format.
    pub fn encode<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, value)?;
        Ok(bytes)
    }

    /// The value of these bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] if they are not one.
    pub fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T> {
        match self {
            Format::MessagePack => rmp_serde::from_slice(bytes).map_err(undecodable),
            #[cfg(feature = "json")]
            Format::Json => serde_json::from_slice(bytes).map_err(undecodable),
        }
    }

    pub(super) const fn is_human_readable(self) -> bool {
        match self {
            Format::MessagePack => false,
            #[cfg(feature = "json")]
            Format::Json => true,
        }
    }

    /// What stands for it in a fingerprint.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Format::MessagePack => 0,
            #[cfg(feature = "json")]
            Format::Json => 1,
        }
    }

    /// How many bytes [`encode`](Self::encode) would make.
    pub(crate) fn measure<T: Serialize + ?Sized>(self, value: &T) -> Result<usize> {
        let mut count = Count(0);
        self.write(&mut count, value)?;
        Ok(count.0)
    }

    fn write<T: Serialize + ?Sized>(self, sink: &mut impl io::Write, value: &T) -> Result<()> {
        match self {
            Format::MessagePack => rmp_serde::encode::write_named(sink, value).map_err(unencodable),
            #[cfg(feature = "json")]
            Format::Json => serde_json::to_writer(sink, value).map_err(unencodable),
        }
    }
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unencodable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Codec, "value cannot be encoded").with_source(error)
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Codec, "bytes are not a value of this type").with_source(error)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Old {
        id: i64,
        title: String,
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct New {
        title: String,
        id: i64,
        #[serde(default)]
        views: u32,
    }

    fn formats() -> Vec<Format> {
        vec![
            Format::MessagePack,
            #[cfg(feature = "json")]
            Format::Json,
        ]
    }

    #[test]
    fn fields_are_found_by_name() -> Result<()> {
        for format in formats() {
            let bytes = format.encode(&Old { id: 7, title: "x".into() })?;
            assert_eq!(format.decode::<New>(&bytes)?, New { title: "x".into(), id: 7, views: 0 });
        }
        Ok(())
    }

    #[test]
    fn the_measure_is_the_length_of_the_encoding() -> Result<()> {
        for format in formats() {
            let value = vec![Old { id: 300, title: "long".repeat(90) }];
            assert_eq!(format.measure(&value)?, format.encode(&value)?.len());
        }
        Ok(())
    }

    #[test]
    fn message_pack_keeps_not_a_number() -> Result<()> {
        let bytes = Format::MessagePack.encode(&f64::NAN)?;
        assert!(Format::MessagePack.decode::<f64>(&bytes)?.is_nan());
        Ok(())
    }
}
