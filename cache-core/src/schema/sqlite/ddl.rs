//! What only the CREATE statements tell. Where one is not understood, the answer is the careful one.

use super::tokens::{Token, tokens};
use crate::schema::TriggerEvent;

/// What the text of a CREATE TABLE tells beyond the pragmas.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct TableText {
    /// Whether a conflict clause lets an ordinary write delete other rows.
    pub(super) replaces: Replaces,
    /// Whether a conflict clause keeps what a statement had done before it failed.
    pub(super) keeps: Keeps,
    /// Whether values are stored as `ANY` columns of STRICT tables store them.
    pub(super) strictness: Strictness,
    collated: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Replaces {
    #[default]
    Never,
    OnConflict,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Keeps {
    #[default]
    Nothing,
    BeforeConflict,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Strictness {
    #[default]
    Ordinary,
    Strict,
}

impl TableText {
    pub(super) fn read(sql: &str) -> Self {
        let tokens = tokens(sql);
        let mut text = Self::default();
        if follows(&tokens, &["ON", "CONFLICT", "REPLACE"]) {
            text.replaces = Replaces::OnConflict;
        }
        if follows(&tokens, &["ON", "CONFLICT", "FAIL"]) {
            text.keeps = Keeps::BeforeConflict;
        }
        let (columns, options) = body(&tokens);
        if options.iter().any(|token| token.is("STRICT")) {
            text.strictness = Strictness::Strict;
        }
        text.collated = columns
            .iter()
            .filter(|definition| has_collation(definition))
            .filter_map(|definition| definition.first()?.name())
            .collect();
        text
    }

    /// Whether the column is compared by another collation than BINARY.
    pub(super) fn is_collated(&self, column: &str) -> bool {
        self.collated.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

/// The comma-separated definitions inside the first parentheses, and what follows these.
fn body<'t, 'a>(tokens: &'t [Token<'a>]) -> (Vec<&'t [Token<'a>]>, &'t [Token<'a>]) {
    let Some(open) = tokens.iter().position(|token| token.is_punctuation("(")) else {
        return (Vec::new(), &[]);
    };
    let (mut definitions, mut from, mut depth) = (Vec::new(), open + 1, 0usize);
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_punctuation("(") {
            depth += 1;
        } else if token.is_punctuation(")") {
            depth -= 1;
            if depth == 0 {
                definitions.push(&tokens[from..at]);
                return (definitions, &tokens[at + 1..]);
            }
        } else if depth == 1 && token.is_punctuation(",") {
            definitions.push(&tokens[from..at]);
            from = at + 1;
        }
    }
    (definitions, &[])
}

fn has_collation(definition: &[Token<'_>]) -> bool {
    definition.windows(2).any(|pair| {
        pair[0].is("COLLATE") && pair[1].name().is_none_or(|name| !name.eq_ignore_ascii_case("BINARY"))
    })
}

fn follows(tokens: &[Token<'_>], keywords: &[&str]) -> bool {
    tokens.windows(keywords.len()).any(|window| window.iter().zip(keywords).all(|(t, k)| t.is(k)))
}

/// The query of a CREATE VIEW.
pub(super) fn view_query(sql: &str) -> Option<&str> {
    let tokens = tokens(sql);
    let mut depth = 0usize;
    for token in &tokens {
        if token.is_punctuation("(") {
            depth += 1;
        } else if token.is_punctuation(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is("AS") {
            let query = sql[token.end()..].trim();
            return (!query.is_empty()).then_some(query);
        }
    }
    None
}

/// What fires the trigger of a CREATE TRIGGER.
pub(super) fn trigger_event(sql: &str) -> TriggerEvent {
    let tokens = tokens(sql);
    // ON is reserved, so the first one ends the event even if a name reads like a keyword.
    let Some(on) = tokens.iter().position(|token| token.is("ON")).filter(|on| *on > 0) else {
        return TriggerEvent::Any;
    };
    let header = &tokens[..on];
    if let Some(update) = header.windows(2).position(|pair| pair[0].is("UPDATE") && pair[1].is("OF")) {
        return TriggerEvent::Update(header[update + 2..].iter().filter_map(Token::name).collect());
    }
    match header[on - 1] {
        event if event.is("INSERT") => TriggerEvent::Insert,
        event if event.is("DELETE") => TriggerEvent::Delete,
        event if event.is("UPDATE") => TriggerEvent::Update(Vec::new()),
        _ => TriggerEvent::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collations_are_found_on_their_columns() {
        let text = TableText::read(
            "CREATE TABLE \"t, (\" (a TEXT, -- COLLATE NOCASE
               [b c] TEXT NOT NULL DEFAULT 'x,(' COLLATE nocase, c TEXT COLLATE \"binary\",
               d TEXT CHECK (length(d) > 1) collate RTRIM, UNIQUE (a COLLATE NOCASE)) STRICT",
        );
        let collated: Vec<&str> =
            ["a", "b c", "c", "D"].into_iter().filter(|column| text.is_collated(column)).collect();
        assert_eq!(collated, ["b c", "D"]);
        assert_eq!(text.strictness, Strictness::Strict);
        assert_eq!(text.replaces, Replaces::Never);
    }

    #[test]
    fn a_conflict_clause_anywhere_replaces() {
        let columns = TableText::read("CREATE TABLE t (a PRIMARY KEY on /**/ conflict REPLACE)");
        assert_eq!(columns.replaces, Replaces::OnConflict);
        let ignored = TableText::read("CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE, b DEFAULT 'REPLACE')");
        assert_eq!(ignored.replaces, Replaces::Never);
    }

    #[test]
    fn the_query_of_a_view_stands_after_as() {
        assert_eq!(view_query("CREATE VIEW v AS SELECT a AS b FROM t"), Some("SELECT a AS b FROM t"));
        assert_eq!(view_query("CREATE VIEW \"as\" (x, \"as\") AS\nSELECT 1, 2"), Some("SELECT 1, 2"));
        assert_eq!(view_query("CREATE VIEW v"), None);
    }

    #[test]
    fn triggers_fire_on_what_their_header_says() {
        let event = |header: &str| {
            trigger_event(&format!("CREATE TRIGGER {header} BEGIN UPDATE x SET y = 1 WHERE ON; END"))
        };
        assert_eq!(event("a AFTER INSERT ON t"), TriggerEvent::Insert);
        assert_eq!(event("a DELETE ON t"), TriggerEvent::Delete);
        assert_eq!(event("IF NOT EXISTS main.a BEFORE UPDATE ON t"), TriggerEvent::Update(vec![]));
        let update = TriggerEvent::Update(vec!["b".into(), "c d".into()]);
        assert_eq!(event("a UPDATE OF b, \"c d\" ON t WHEN new.b > 1"), update);
        assert_eq!(event("of INSTEAD OF UPDATE OF of ON t"), TriggerEvent::Update(vec!["of".into()]));
        assert_eq!(event("a INSTEAD OF UPDATE ON v FOR EACH ROW"), TriggerEvent::Update(vec![]));
        assert_eq!(event("a INSTEAD OF DELETE ON v"), TriggerEvent::Delete);
        assert_eq!(event("\"insert\" AFTER DELETE ON \"update\""), TriggerEvent::Delete);
        assert_eq!(event("broken"), TriggerEvent::Any);
        assert_eq!(trigger_event("CREATE TRIGGER"), TriggerEvent::Any);
    }
}
