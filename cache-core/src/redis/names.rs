//! What the keys on the server are called.

use crate::store::EntryKey;

/// The names of all keys of one prefix.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) head: String,
    pub(super) log: String,
    entries: String,
    claims: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        let name = |kind: &str| format!("{prefix}:{kind}");
        Self { head: name("head"), log: name("log"), entries: name("e:"), claims: name("c:") }
    }

    pub(super) fn entry(&self, key: EntryKey) -> String {
        format!("{}{:032x}", self.entries, key.bits())
    }

    pub(super) fn claim(&self, key: EntryKey) -> String {
        format!("{}{:032x}", self.claims, key.bits())
    }

    /// The name of an entry in its two parts, for who writes it where it is sent from.
    pub(super) fn entry_parts(&self, key: EntryKey) -> (&[u8], [u8; 32]) {
        (self.entries.as_bytes(), hex(key.bits()))
    }
}

fn hex(bits: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    for (place, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(bits >> (124 - 4 * place)) as usize & 15];
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_name_an_entry_are_one() {
        let names = Names::new("shop");
        for key in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978].map(EntryKey::from_bits) {
            let (prefix, digits) = names.entry_parts(key);
            assert_eq!([prefix, &digits].concat(), names.entry(key).into_bytes());
        }
        assert_eq!(names.entry(EntryKey::from_bits(7)), format!("shop:e:{:032x}", 7));
    }
}
