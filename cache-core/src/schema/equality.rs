//! When two texts are equal.

use crate::value::Value;

/// How a text column compares, as far as a canonical form of its values shows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Equality {
    /// Byte by byte.
    #[default]
    Bytes,
    /// Byte by byte, trailing spaces aside.
    Padded,
    /// Ignoring the case of letters. Texts with other characters than these may be equal to any text.
    IgnoringCase(Alphabet, Padding),
    /// By rules that are not known.
    Unknown,
}

/// Of which characters a collation's rules are known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Alphabet {
    /// ASCII letters and digits.
    Alphanumeric,
    /// ASCII without its control characters.
    Printable,
}

/// Whether trailing spaces count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Padding {
    /// They do not.
    Spaces,
    /// They do.
    None,
}

impl Equality {
    /// The form that texts share exactly if they are equal; `None` if nobody knows to which others this is equal.
    #[must_use]
    pub fn form(self, text: &str) -> Option<Value> {
        match self {
            Equality::Bytes => Some(Value::Text(text.to_owned())),
            Equality::Padded => Some(Value::Folded(text.trim_end_matches(' ').to_owned())),
            Equality::IgnoringCase(alphabet, padding) => {
                let text = match padding {
                    Padding::Spaces => text.trim_end_matches(' '),
                    Padding::None => text,
                };
                let is_known = text.bytes().all(|byte| alphabet.has(byte));
                is_known.then(|| Value::Folded(text.to_ascii_lowercase()))
            }
            Equality::Unknown => None,
        }
    }
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
            Alphabet::Printable => (b' '..=b'~').contains(&byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_form_and_others_do_not() {
        let ci = Equality::IgnoringCase(Alphabet::Printable, Padding::Spaces);
        assert_eq!(ci.form("Rust "), ci.form("rust"));
        assert_ne!(ci.form("rust!"), ci.form("rust"));
        assert_eq!(ci.form("é"), None);
        assert_eq!(ci.form("a\u{1}"), None);
        let strict = Equality::IgnoringCase(Alphabet::Alphanumeric, Padding::None);
        assert_eq!(strict.form("A-B"), None);
        assert_eq!(strict.form("a "), None);
        assert_eq!(Equality::Padded.form("é "), Equality::Padded.form("é"));
        assert_ne!(Equality::Bytes.form("a "), Equality::Bytes.form("a"));
    }
}
