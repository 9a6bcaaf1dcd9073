//! Which temporary relations the statements of a text make and drop.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::analyse::statements;
use super::mysql;
use super::tokens;
use crate::schema::{Dialect, Schema};

/// How many words at most `CREATE OR REPLACE TEMPORARY` is: what stands behind them is what is made.
const BEHIND_CREATE: usize = 4;

/// What a text does to temporary relations that only its own session sees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Temporary {
    /// The names of those that it may make, in a block or a text of its own, too.
    pub(crate) made: Vec<String>,
    /// The name of the one that is gone if it succeeds.
    pub(crate) dropped: Option<String>,
}

/// What a text does to temporary relations, if it does anything. PostgreSQL's catalog shows them to all, so that a reading
/// of the schema finds them.
pub(crate) fn temporary(schema: &Schema, sql: &str) -> Option<Temporary> {
    let mentions = || sql.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"temp"));
    if schema.dialect() == Dialect::Postgres || !mentions() {
        return None;
    }
    let statements = statements(schema, sql)?;
    // What a routine makes, it makes when it is called.
    if schema.dialect() == Dialect::MySql && mysql::is_definition(&statements) {
        return None;
    }
    let mut found = Temporary { made: Vec::new(), dropped: None };
    for tokens in &statements {
        let words = tokens::words(tokens);
        let is_create = tokens::first_word(tokens) == "CREATE";
        let ends = if is_create { tokens.len().min(BEHIND_CREATE) } else { tokens.len() };
        found.made.extend((0..ends).filter_map(|at| made(&tokens[at..])));
        if words.iter().any(|word| matches!(word.as_str(), "EXECUTE" | "PREPARE")) {
            let run = tokens.iter().filter_map(text).filter_map(|text| temporary(schema, text));
            found.made.extend(run.flat_map(|within| within.made));
        }
    }
    if let [tokens] = statements.as_slice() {
        found.dropped = dropped(schema.dialect(), tokens);
    }
    (!found.made.is_empty() || found.dropped.is_some()).then_some(found)
}

fn text(token: &TokenWithSpan) -> Option<&str> {
    match &token.token {
        Token::SingleQuotedString(text) | Token::NationalStringLiteral(text) => Some(text),
        _ => None,
    }
}

/// The name behind `TEMPORARY TABLE`, if the tokens begin with that.
fn made(tokens: &[TokenWithSpan]) -> Option<String> {
    let words = tokens::words(&tokens[..tokens.len().min(5)]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let name = match words.as_slice() {
        ["TEMP" | "TEMPORARY", _, "IF", "NOT", "EXISTS"] => 5,
        ["TEMP" | "TEMPORARY", "TABLE" | "VIEW" | "SEQUENCE", ..] => 2,
        _ => return None,
    };
    let is_qualified = tokens.get(name + 1).is_some_and(|token| token.token == Token::Period);
    named(tokens.get(if is_qualified { name + 2 } else { name })?)
}

/// The name of the only table that a statement drops, and that is temporary.
fn dropped(dialect: Dialect, tokens: &[TokenWithSpan]) -> Option<String> {
    let words = tokens::words(tokens);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (dialect, words.as_slice(), tokens) {
        (Dialect::MySql, ["DROP", "TEMPORARY", "TABLE", _], [.., name]) => named(name),
        (Dialect::Sqlite, ["DROP", "TABLE", "TEMP", _, _], [.., period, name])
            if period.token == Token::Period =>
        {
            named(name)
        }
        _ => None,
    }
}

fn named(token: &TokenWithSpan) -> Option<String> {
    tokens::names(std::slice::from_ref(token)).next().map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dialect: Dialect, sql: &str) -> (Vec<String>, Option<String>) {
        let schema = Schema::new(dialect, [], []).unwrap();
        temporary(&schema, sql).map(|found| (found.made, found.dropped)).unwrap_or_default()
    }

    #[test]
    fn what_is_made_is_found_wherever_it_stands() {
        for sql in [
            "CREATE TEMPORARY TABLE X (id INT)",
            "create or replace temporary table `shop`.`x` SELECT 1",
            "CREATE TEMPORARY TABLE IF NOT EXISTS x (id INT); INSERT INTO x VALUES (1)",
            "BEGIN NOT ATOMIC IF 1 THEN CREATE TEMPORARY TABLE x (id INT); END IF; END",
            "EXECUTE IMMEDIATE 'CREATE TEMPORARY TABLE x (id INT)'",
            "SET STATEMENT lock_wait_timeout = 1 FOR CREATE TEMPORARY SEQUENCE x",
        ] {
            assert_eq!(of(Dialect::MySql, sql).0, ["x"], "{sql}");
        }
        for sql in
            ["CREATE TEMP TABLE \"x\" AS SELECT 1", "CREATE TEMP VIEW IF NOT EXISTS temp.x AS SELECT 1"]
        {
            assert_eq!(of(Dialect::Sqlite, sql).0, ["x"], "{sql}");
        }
        for sql in [
            "/*!99999999 temp */",
            "; /* temp */ ;",
            "INSERT INTO note VALUES ('CREATE TEMPORARY TABLE x (id INT)')",
            "CREATE PROCEDURE p() CREATE TEMPORARY TABLE x (id INT)",
            "CREATE PROCEDURE p() BEGIN DO 1; CREATE TEMPORARY TABLE x (id INT); END",
        ] {
            assert_eq!(of(Dialect::MySql, sql).0, [""; 0], "{sql}");
        }
        assert_eq!(of(Dialect::Sqlite, "SELECT temp FROM weather WHERE place = 'temporary'").0, [""; 0]);
    }

    #[test]
    fn only_what_is_gone_for_certain_is_dropped() {
        let dropped = |dialect, sql| of(dialect, sql).1;
        assert_eq!(dropped(Dialect::MySql, "DROP TEMPORARY TABLE x").as_deref(), Some("x"));
        assert_eq!(dropped(Dialect::Sqlite, "DROP TABLE temp.X").as_deref(), Some("x"));
        for sql in ["DROP TABLE temp", "DROP TEMPORARY TABLE IF EXISTS x", "DROP TEMPORARY TABLE x, y"] {
            assert_eq!(dropped(Dialect::MySql, sql), None, "{sql}");
        }
        for sql in ["DROP TABLE IF EXISTS temp.x", "DROP TABLE x", "DROP TABLE temp.x; SELECT 1"] {
            assert_eq!(dropped(Dialect::Sqlite, sql), None, "{sql}");
        }
    }
}
