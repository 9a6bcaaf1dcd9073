//! Statements that only SQLite has: attached databases, temporary triggers, search indexes.

use sqlparser::tokenizer::Token;

use super::tokens::{self, Tokens};
use crate::mutation::{self, Mutation};
use crate::schema::Schema;

/// Whether the only target of the tokens is a full-text or spatial index of SQLite.
pub(super) fn writes_a_search_index(schema: &Schema, tokens: &Tokens) -> bool {
    let words = tokens::words(&tokens[..tokens.len().min(4)]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let target = match words.as_slice() {
        ["INSERT" | "REPLACE", "INTO", ..] | ["DELETE", "FROM", ..] => 2,
        ["INSERT", "OR", _, "INTO"] => 4,
        ["UPDATE", "OR", ..] => 3,
        ["UPDATE", ..] => 1,
        _ => return false,
    };
    let is_whole = tokens.get(target + 1).is_none_or(|next| next.token != Token::Period);
    let name = tokens.get(target).and_then(|target| tokens::names(std::slice::from_ref(target)).next());
    is_whole && name.is_some_and(|name| schema.is_search_index(name))
}

/// Whether the tokens define a trigger that only this connection has.
pub(super) fn is_temporary_trigger(tokens: &Tokens) -> bool {
    let words = tokens::words(&tokens[..tokens.len().min(3)]);
    matches!(words.get(1).map(String::as_str), Some("TEMP" | "TEMPORARY"))
        && words.last().is_some_and(|word| word == "TRIGGER")
        && !mutation::is(Mutation::TemporaryTriggersAreKnown)
}

/// Whether the tokens may write a table of an attached database of SQLite, which others may know as their own.
pub(super) fn writes_elsewhere(tokens: &Tokens) -> bool {
    let words = tokens::words(tokens);
    let is_target = |index: usize| {
        let before = |back: usize| index.checked_sub(back).map_or("", |before| words[before].as_str());
        matches!(before(1), "UPDATE" | "INTO" | "FROM") || before(2) == "OR" && before(3) == "UPDATE"
    };
    let mut pairs = tokens.windows(2).enumerate();
    pairs.any(|(index, pair)| {
        let is_own = tokens::names(&pair[..1])
            .next()
            .is_none_or(|name| ["main", "temp"].iter().any(|own| name.eq_ignore_ascii_case(own)));
        let is_elsewhere = !is_own && !mutation::is(Mutation::AttachedTablesAreOurs);
        pair[1].token == Token::Period && is_target(index) && is_elsewhere
    })
}
