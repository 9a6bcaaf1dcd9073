//! Statements that only SQLite has: temporary triggers, search indexes.

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
