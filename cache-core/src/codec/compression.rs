//! Smaller payloads for stores that are reached over a network.

use std::borrow::Cow;

use crate::error::Result;
#[cfg(any(feature = "lz4", feature = "zstd"))]
use crate::error::{Error, ErrorKind};

/// Payloads smaller than this gain less than their decompression costs.
#[cfg_attr(not(any(feature = "lz4", feature = "zstd")), allow(dead_code))]
const SMALLEST: usize = 2 << 10;

/// A compressed payload that is larger than this share of the plain one is kept plain, in percent.
#[cfg_attr(not(any(feature = "lz4", feature = "zstd")), allow(dead_code))]
const WORTHWHILE: usize = 88;

/// Payloads are no larger than this when they are decompressed: a length that says otherwise is not ours.
#[cfg_attr(not(any(feature = "lz4", feature = "zstd")), allow(dead_code))]
const LARGEST: usize = 1 << 30;

/// How payloads of 2 KiB and more are compressed. What was written with another setting is read all the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// LZ4: half the size of typical rows, at little cost.
    #[cfg(feature = "lz4")]
    #[cfg_attr(docsrs, doc(cfg(feature = "lz4")))]
    Lz4,
    /// Zstandard at level 3: smaller, and slower by a factor of two or three.
    #[cfg(feature = "zstd")]
    #[cfg_attr(docsrs, doc(cfg(feature = "zstd")))]
    Zstd,
}

impl Default for Compression {
    /// LZ4 if its feature is on.
    fn default() -> Self {
        #[cfg(feature = "lz4")]
        return Compression::Lz4;
        #[cfg(not(feature = "lz4"))]
        Compression::None
    }
}

impl Compression {
    /// The compression of this name in a cache URL.
    #[cfg(feature = "redis")]
    pub(crate) fn named(name: &str) -> Result<Self> {
        let message = match name {
            "none" => return Ok(Compression::None),
            "lz4" => return Ok(Compression::Lz4),
            #[cfg(feature = "zstd")]
            "zstd" => return Ok(Compression::Zstd),
            #[cfg(not(feature = "zstd"))]
            "zstd" => "option `compression=zstd` needs the feature `zstd`".to_owned(),
            _ => "option `compression` is `none`, `lz4` or `zstd`".to_owned(),
        };
        Err(Error::new(ErrorKind::Configuration, message))
    }

    /// The payload, compressed if that is worthwhile, and how.
    pub(crate) fn compress(self, payload: Vec<u8>) -> (Self, Vec<u8>) {
        let compressed = match self {
            Compression::None => None,
            #[cfg(feature = "lz4")]
            Compression::Lz4 if payload.len() >= SMALLEST => Some(lz4_flex::compress_prepend_size(&payload)),
            #[cfg(feature = "zstd")]
            Compression::Zstd if payload.len() >= SMALLEST => zstd::encode_all(payload.as_slice(), 3).ok(),
            #[cfg(any(feature = "lz4", feature = "zstd"))]
            _ => None,
        };
        let worthwhile = |compressed: &Vec<u8>| compressed.len() < payload.len() / 100 * WORTHWHILE;
        match compressed.filter(worthwhile) {
            Some(compressed) => (self, compressed),
            None => (Compression::None, payload),
        }
    }

    /// The payload as it was.
    pub(crate) fn decompress(self, bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
        match self {
            Compression::None => Ok(Cow::Borrowed(bytes)),
            #[cfg(feature = "lz4")]
            Compression::Lz4 => {
                let (size, _) = lz4_flex::block::uncompressed_size(bytes).map_err(broken)?;
                if size > LARGEST {
                    return Err(broken("the length is not that of a payload"));
                }
                lz4_flex::decompress_size_prepended(bytes).map(Cow::Owned).map_err(broken)
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                let mut payload = Vec::new();
                let mut decoder = zstd::Decoder::new(bytes).map_err(broken)?;
                let limit = LARGEST as u64;
                std::io::Read::read_to_end(&mut std::io::Read::take(&mut decoder, limit), &mut payload)
                    .map_err(broken)?;
                Ok(Cow::Owned(payload))
            }
        }
    }

    /// What stands for it in an entry.
    pub(crate) fn code(self) -> u8 {
        match self {
            Compression::None => 0,
            #[cfg(feature = "lz4")]
            Compression::Lz4 => 1,
            #[cfg(feature = "zstd")]
            Compression::Zstd => 2,
        }
    }

    /// The compression of an entry; none that this program knows if its feature is off.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Compression::None),
            #[cfg(feature = "lz4")]
            1 => Some(Compression::Lz4),
            #[cfg(feature = "zstd")]
            2 => Some(Compression::Zstd),
            _ => None,
        }
    }
}

#[cfg(any(feature = "lz4", feature = "zstd"))]
fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Codec, "bytes are not a compressed payload").with_source(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Compression> {
        (0..=u8::MAX).filter_map(Compression::of_code).collect()
    }

    #[test]
    fn what_is_compressed_is_as_it_was() -> Result<()> {
        let text = b"published=true;category=rust;".repeat(200);
        for compression in all() {
            for payload in [Vec::new(), vec![7; 10], text.clone()] {
                let (how, bytes) = compression.compress(payload.clone());
                assert_eq!(how.decompress(&bytes)?, payload);
                assert_eq!(Compression::of_code(how.code()), Some(how));
            }
            let (how, bytes) = compression.compress(text.clone());
            assert_eq!(how, compression);
            assert!(how == Compression::None || bytes.len() < text.len() / 4);
        }
        Ok(())
    }

    #[test]
    fn what_gains_nothing_stays_plain() {
        let mut noise = 0x9E37_79B9_7F4A_7C15_u64;
        let payload: Vec<u8> = std::iter::repeat_with(|| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise as u8
        })
        .take(10_000)
        .collect();
        for compression in all() {
            assert_eq!(compression.compress(payload.clone()), (Compression::None, payload.clone()));
        }
    }

    #[test]
    fn broken_bytes_are_an_error() {
        for compression in all().into_iter().filter(|compression| *compression != Compression::None) {
            assert!(compression.decompress(&[]).is_err());
            assert!(compression.decompress(&[0xFF; 64]).is_err());
        }
    }
}
