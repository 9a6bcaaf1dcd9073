//! SQLite's lexical rules, as far as the catalog's own CREATE statements need them.

/// A token and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token<'a> {
    kind: TokenKind,
    text: &'a str,
    start: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TokenKind {
    /// A bare word or a number.
    Word,
    /// An identifier or string in quotes; SQLite takes either for the other.
    Quoted,
    /// One byte of anything else.
    Punctuation,
}

impl<'a> Token<'a> {
    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is this character.
    pub(super) fn is_punctuation(&self, character: &str) -> bool {
        self.kind == TokenKind::Punctuation && self.text == character
    }

    /// The name that it denotes, if it may be one.
    pub(super) fn name(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text.to_owned()),
            TokenKind::Punctuation => None,
            TokenKind::Quoted => {
                let quote = &self.text[..1];
                let inner = self.text[1..].strip_suffix(if quote == "[" { "]" } else { quote });
                Some(inner.unwrap_or(&self.text[1..]).replace(&quote.repeat(2), quote))
            }
        }
    }

    /// The offset of the first byte after it.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of a text, without comments and spaces. Total: what is not lexical SQL becomes punctuation.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (kind, length) = match first {
            c if c.is_ascii_whitespace() => (None, 1),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, rest[2..].find("*/").map_or(rest.len(), |at| at + 4)),
            '\'' | '"' | '`' => (Some(TokenKind::Quoted), quoted(rest, first)),
            '[' => (Some(TokenKind::Quoted), rest.find(']').map_or(rest.len(), |at| at + 1)),
            c if is_word(c) => (Some(TokenKind::Word), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            c => (Some(TokenKind::Punctuation), c.len_utf8()),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: &rest[..length], start });
        }
        start += length;
    }
    tokens
}

/// The length of the quoted token at the start of `text`; a doubled quote does not end it.
fn quoted(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(at) = text[from..].find(quote) {
        from += at + 1;
        if !text[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        tokens(text).iter().filter_map(Token::name).collect()
    }

    #[test]
    fn every_way_to_quote_a_name_denotes_the_name() {
        assert_eq!(names(r#"a "b""c" `d` [e f] 'g''h' ünï"#), ["a", "b\"c", "d", "e f", "g'h", "ünï"]);
    }

    #[test]
    fn comments_are_not_tokens() {
        assert_eq!(names("a -- b\n c /* d */ e /* f"), ["a", "c", "e"]);
    }

    #[test]
    fn an_open_quote_ends_with_the_text() {
        assert_eq!(names("a 'b"), ["a", "b"]);
        assert_eq!(names("[b"), ["b"]);
        assert_eq!(names("'"), [""]);
    }
}
