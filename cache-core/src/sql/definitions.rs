//! Definitions that hold statements of their own: a text is cut at each semicolon, and these go on behind it.

use sqlparser::tokenizer::Token;

use super::tokens::{self, Tokens};
use crate::schema::{Dialect, Relation, Routines, Schema};

/// The same statements, where one that defines a trigger or a routine by a body is one up to the END of that: what is in
/// it does not run, and that END ends no transaction.
pub(super) fn joined(dialect: Dialect, statements: Vec<Tokens>) -> Vec<Tokens> {
    let mut joined: Vec<Tokens> = Vec::new();
    let mut rest = statements.into_iter();
    while let Some(mut statement) = rest.next() {
        let is_end = |tokens: &Tokens| tokens.len() == 1 && tokens::first_word(tokens) == "END";
        if opens_body(dialect, &statement)
            && let Some(end) = rest.as_slice().iter().position(is_end)
        {
            statement.extend(rest.by_ref().take(end + 1).flatten());
        }
        joined.push(statement);
    }
    joined
}

/// Whether a statement makes a table only if there is none, and there is one: `CREATE TABLE IF NOT EXISTS name (..)`.
pub(super) fn is_there(schema: &Schema, tokens: &Tokens) -> bool {
    let words = tokens::words(tokens);
    let begins = ["CREATE", "TABLE", "IF", "NOT", "EXISTS"];
    let is_conditional = words.len() > begins.len() && words.iter().zip(begins).all(|(word, of)| word == of);
    // What is selected may be called for, and triggers may hear of it.
    let does_more = || {
        words[2..].iter().any(|word| matches!(word.as_str(), "EXECUTE" | "SELECT" | "TABLE" | "VALUES"))
            || schema.routines().is_some_and(Routines::definitions_call)
    };
    let word = |at: usize| match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) if schema.dialect() == Dialect::Postgres && word.quote_style.is_none() => {
            Some(word.value.to_ascii_lowercase())
        }
        Some(Token::Word(word)) => Some(word.value.clone()),
        _ => None,
    };
    let is = |at: usize, token: Token| tokens.get(at).is_some_and(|at| at.token == token);
    let relation = || match (word(5)?, is(6, Token::Period)) {
        (name, false) if is(6, Token::LParen) => schema.in_the_way_of(None, &name),
        (qualifier, true) if is(8, Token::LParen) => schema.in_the_way_of(Some(&qualifier), &word(7)?),
        _ => None,
    };
    is_conditional && !does_more() && matches!(relation(), Some(Relation::Table(_)))
}

/// Whether a definition goes on behind its first semicolon: `CREATE TRIGGER .. BEGIN ..`, and on PostgreSQL `CREATE
/// FUNCTION .. BEGIN ATOMIC ..`.
fn opens_body(dialect: Dialect, tokens: &Tokens) -> bool {
    let words = tokens::words(tokens);
    // EXPLAIN QUERY PLAN, OR REPLACE, TEMPORARY may stand there too.
    let Some(create) = words.iter().take(4).position(|word| word == "CREATE") else { return false };
    let defines = |what: &[&str]| words[create..].iter().take(4).any(|word| what.contains(&word.as_str()));
    match dialect {
        Dialect::Sqlite => defines(&["TRIGGER"]) && words.iter().any(|word| word == "BEGIN"),
        Dialect::Postgres => {
            let begins = words.windows(2).position(|pair| pair == ["BEGIN", "ATOMIC"]);
            let is_empty = |begin: usize| words.get(begin + 2).is_some_and(|word| word == "END");
            defines(&["FUNCTION", "PROCEDURE"]) && begins.is_some_and(|begin| !is_empty(begin))
        }
        // Blocks of MySQL are nested and have no one form.
        Dialect::MySql => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, TableDefinition};

    #[test]
    fn a_table_is_there_where_it_would_be_made() {
        let schema = |path: [&str; 2]| {
            let article = TableDefinition::new("article").column(Column::int("id"));
            Schema::new(Dialect::Postgres, [article], []).unwrap().with_search_path(path)
        };
        let is_there = |schema: &Schema, sql: &str| {
            let statements = tokens::statements(Dialect::Postgres, sql).unwrap();
            super::is_there(schema, &statements[0])
        };
        let (first, second) = (schema(["public", "tenant"]), schema(["tenant", "public"]));
        let sql = "CREATE TABLE IF NOT EXISTS article (id int)";
        assert!(is_there(&first, sql));
        assert!(!is_there(&second, sql), "tenant.article would hide it");
        assert!(is_there(&second, "CREATE TABLE IF NOT EXISTS public.article (id int)"));
    }

    #[test]
    fn a_definition_goes_on_to_the_end_of_its_body() {
        for (dialect, sql, lengths) in [
            (Dialect::Sqlite, "BEGIN; CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; END; END", 3),
            (
                Dialect::Sqlite,
                "CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; COMMIT",
                2,
            ),
            (Dialect::Sqlite, "CREATE TABLE t (begin, trigger); END", 2),
            (Dialect::Sqlite, "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1", 1),
            (
                Dialect::Postgres,
                "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; COMMIT",
                2,
            ),
            (Dialect::Postgres, "CREATE PROCEDURE f() BEGIN ATOMIC END; END", 2),
            (Dialect::Postgres, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; END", 2),
        ] {
            let statements = tokens::statements(dialect, sql).unwrap();
            assert_eq!(joined(dialect, statements).len(), lengths, "{sql}");
        }
    }
}
