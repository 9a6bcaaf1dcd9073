//! Which of several tables a statement writes.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::settings::assigned;
use crate::schema::Schema;
use crate::sql::targets::{behind_words, is_known};
use crate::sql::tokens::{self, position_outside};

const MODIFIERS: &[&str] = &["IGNORE", "LOW_PRIORITY", "QUICK"];

/// What ends a list of tables.
const BEHIND_TABLES: &[&str] = &["LIMIT", "ORDER", "RETURNING", "SET", "WHERE"];

/// A table that a list names.
struct Listed<'t> {
    is_known: bool,
    /// Every word that may be its name there.
    words: Vec<&'t str>,
}

/// Whether every table that an UPDATE sets is known; the tokens are those behind the verb.
pub(in crate::sql) fn updates_known(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let tokens = behind_words(tokens, MODIFIERS);
    let Some(set) = position_outside(tokens, &["SET"]) else { return false };
    let Some(tables) = listed(schema, &tokens[..set]) else { return false };
    assigned(&tokens[set + 1..]).all(|assignment| match qualifier(assignment) {
        Some(table) => writes_known(&tables, table),
        None => tables.iter().all(|table| table.is_known),
    })
}

/// Whether every table that a DELETE deletes from is known; the tokens are those behind the verb.
pub(in crate::sql) fn deletes_known(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let tokens = behind_words(tokens, MODIFIERS);
    let Some(from) = position_outside(tokens, &["FROM"]) else { return false };
    let (named, rest) = (&tokens[..from], &tokens[from + 1..]);
    let rest = &rest[..position_outside(rest, BEHIND_TABLES).unwrap_or(rest.len())];
    let (named, list) = match position_outside(rest, &["USING"]) {
        Some(using) if named.is_empty() => (&rest[..using], &rest[using + 1..]),
        _ => (named, rest),
    };
    let Some(tables) = listed(schema, list) else { return false };
    if named.is_empty() {
        return tables.iter().all(|table| table.is_known);
    }
    // `name.*` is `name`.
    let name = |part| tokens::names(part).last();
    named
        .split(|token| token.token == Token::Comma)
        .all(|part| name(part).is_some_and(|name| writes_known(&tables, name)))
}

/// Whether each of the tables that this name may stand for is known.
fn writes_known(tables: &[Listed<'_>], name: &str) -> bool {
    let is_meant = |table: &&Listed<'_>| table.words.iter().any(|word| word.eq_ignore_ascii_case(name));
    let mut meant = tables.iter().filter(is_meant).peekable();
    meant.peek().is_some() && meant.all(|table| table.is_known)
}

/// The table in `table.column = value`.
fn qualifier(assignment: &[TokenWithSpan]) -> Option<&str> {
    let is_sign = |token: &TokenWithSpan| matches!(token.token, Token::Eq | Token::Assignment);
    match &assignment[..assignment.iter().position(is_sign)?] {
        [table, _, _] | [_, _, table, _, _] => tokens::names(std::slice::from_ref(table)).next(),
        _ => None,
    }
}

/// The tables of a list or a join, without those of its sub-queries; `None` if it is not understood.
fn listed<'t>(schema: &Schema, tokens: &'t [TokenWithSpan]) -> Option<Vec<Listed<'t>>> {
    const QUERIES: [&str; 4] = ["SELECT", "TABLE", "VALUES", "WITH"];
    let words = tokens::words(tokens);
    let mut tables: Vec<Listed<'_>> = Vec::new();
    let (mut begins, mut is_named) = (true, false);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_query = words.get(at + 1).is_some_and(|word| QUERIES.contains(&word.as_str()));
        match (&token.token, words[at].as_str()) {
            (Token::LParen, _) if begins && !is_query => {}
            // A sub-query, a condition, partitions, columns.
            (Token::LParen, _) => {
                (begins, is_named) = (false, is_named && !begins);
                at += closing(&tokens[at..])?;
            }
            (Token::Comma, _) | (_, "JOIN" | "STRAIGHT_JOIN") => (begins, is_named) = (true, false),
            (_, "ON" | "USING") => is_named = false,
            (Token::Word(word), _) if begins => {
                let is_known = is_known(schema, &tokens[at..]);
                tables.push(Listed { is_known, words: vec![&word.value] });
                (begins, is_named) = (false, true);
            }
            (_, _) if begins => return None,
            (Token::Word(word), _) if is_named => tables.last_mut()?.words.push(&word.value),
            _ => {}
        }
        at += 1;
    }
    (!begins).then_some(tables)
}

/// How far the parenthesis that the tokens begin with is from its end.
fn closing(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}
