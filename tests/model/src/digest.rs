//! 128 bits that stand for a state.
//!
//! Among ten million states two share their digest with a probability of about 10^-25.

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::xxh3_128;

/// The bytes of one state, in a buffer that is used again for the next.
#[derive(Default)]
pub(crate) struct Digest(Vec<u8>);

pub(crate) fn digest(state: &impl Hash, buffer: &mut Digest) -> u128 {
    buffer.0.clear();
    state.hash(buffer);
    xxh3_128(&buffer.0)
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Discriminants of enums, none of which has more than 256 variants.
    fn write_isize(&mut self, discriminant: isize) {
        self.0.push(discriminant as u8);
    }

    fn write_usize(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u32).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        xxh3_128(&self.0) as u64
    }
}
