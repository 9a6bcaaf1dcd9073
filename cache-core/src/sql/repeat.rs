//! What a query repeats of a write: the words of its source, not what the parser made of them.

use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::analyse::{Text, statements};
use super::plan::Condition;
use super::tokens::{self, placeholder};
use crate::schema::{Dialect, Schema};

/// Cuts the table and the condition of an UPDATE or DELETE out of the text that it stands in. `None` unless what is cut
/// reads again as just these tokens.
pub(super) fn cut(schema: &Schema, text: Text<'_>) -> Option<Condition> {
    let (table, filter) = (table(text.tokens)?, filter(text.tokens)?);
    let cut = Condition {
        table: words(schema, text.source, table)?,
        filter: words(schema, text.source, filter)?,
        // Where placeholders have no numbers each takes the next value.
        parameters: match schema.dialect() {
            Dialect::MySql => Some(parameters(filter)?),
            Dialect::Sqlite | Dialect::Postgres => None,
        },
    };
    let query = statements(schema, &format!("SELECT 1 FROM {} WHERE {}", cut.table, cut.filter))?;
    let [query] = query.as_slice() else { return None };
    let (from, place) = (query.get(3..3 + table.len())?, query.get(4 + table.len()..)?);
    (are_same(table, from) && are_same(filter, place)).then_some(cut)
}

fn are_same(these: &[TokenWithSpan], those: &[TokenWithSpan]) -> bool {
    let is_same = |(this, that): (&TokenWithSpan, &TokenWithSpan)| match (&this.token, &that.token) {
        (Token::Placeholder(_), Token::Placeholder(_)) => true,
        (this, that) => this == that,
    };
    these.len() == those.len() && these.iter().zip(those).all(is_same)
}

/// The name of the table, with nothing around it that is not known: `UPDATE [OR word] name SET`, `DELETE FROM name
/// WHERE`.
fn table(tokens: &[TokenWithSpan]) -> Option<&[TokenWithSpan]> {
    let words = tokens::words(&tokens[..tokens.len().min(9)]);
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let (start, next) = match (word(0), word(1)) {
        ("UPDATE", "OR") => (3, "SET"),
        ("UPDATE", _) => (1, "SET"),
        ("DELETE", "FROM") => (2, "WHERE"),
        _ => return None,
    };
    let is = |index: usize, kind: fn(&Token) -> bool| tokens.get(index).is_some_and(|at| kind(&at.token));
    let is_name = |index| is(index, |token| matches!(token, Token::Word(_)));
    let mut end = start + 1;
    while is(end, |token| *token == Token::Period) && is_name(end + 1) {
        end += 2;
    }
    (is_name(start) && word(end) == next).then(|| &tokens[start..end])
}

/// What stands between WHERE and RETURNING, or the end.
fn filter(tokens: &[TokenWithSpan]) -> Option<&[TokenWithSpan]> {
    let words = tokens::words(tokens);
    let mut depth = 0_usize;
    let (mut start, mut end) = (None, tokens.len());
    for (index, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        match words[index].as_str() {
            "WHERE" if depth == 0 && start.is_some() => return None,
            "WHERE" if depth == 0 => start = Some(index + 1),
            "RETURNING" if depth == 0 => end = end.min(index),
            _ => {}
        }
    }
    tokens.get(start?..end).filter(|filter| !filter.is_empty())
}

/// The text of these tokens; a placeholder of SQLite keeps the number that it has in the whole text.
fn words(schema: &Schema, source: &str, tokens: &[TokenWithSpan]) -> Option<String> {
    let mut cursor = Cursor { rest: source, at: 0, place: Location { line: 1, column: 1 } };
    let mut at = cursor.go_to(tokens.first()?.span.start)?;
    let mut text = String::new();
    for token in tokens {
        if let (Token::Placeholder(number), Dialect::Sqlite) = (&token.token, schema.dialect()) {
            text.push_str(source.get(at..cursor.go_to(token.span.start)?)?);
            text.push_str(number);
            at = cursor.go_to(token.span.end)?;
        }
    }
    text.push_str(source.get(at..cursor.go_to(tokens.last()?.span.end)?)?);
    Some(text)
}

/// Finds places of a text in its bytes, one behind the other.
struct Cursor<'s> {
    rest: &'s str,
    at: usize,
    place: Location,
}

impl Cursor<'_> {
    fn go_to(&mut self, place: Location) -> Option<usize> {
        let here = |cursor: &Self| (cursor.place.line, cursor.place.column);
        let mut rest = self.rest.chars();
        while here(self) < (place.line, place.column) {
            let character = rest.next()?;
            self.at += character.len_utf8();
            match character {
                '\n' => self.place = Location { line: self.place.line + 1, column: 1 },
                _ => self.place.column += 1,
            }
        }
        self.rest = rest.as_str();
        (here(self) == (place.line, place.column)).then_some(self.at)
    }
}

/// The numbers of the values that the placeholders take.
fn parameters(tokens: &[TokenWithSpan]) -> Option<Vec<usize>> {
    let placeholders = tokens.iter().filter_map(|token| match &token.token {
        Token::Placeholder(name) => Some(placeholder(name)),
        _ => None,
    });
    placeholders.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, TableDefinition};

    fn cut_from(dialect: Dialect, sql: &str) -> Option<Condition> {
        let table = TableDefinition::new("t").column(Column::int("id"));
        let schema = Schema::new(dialect, [table], []).unwrap();
        let tokens = statements(&schema, sql)?.pop()?;
        cut(&schema, Text { source: sql, tokens: &tokens })
    }

    #[test]
    fn what_is_cut_is_the_text_itself() {
        for (dialect, sql, table, filter, parameters) in [
            (
                Dialect::Sqlite,
                r"UPDATE t SET a = 1 WHERE b <> '\''; DELETE FROM t; --'",
                "t",
                r"b <> '\''; DELETE FROM t; --'",
                None,
            ),
            (
                Dialect::Sqlite,
                "UPDATE OR FAIL main.t SET a = ? WHERE b = ? AND c = 'ä''''?'",
                "main.t",
                "b = ?2 AND c = 'ä''''?'",
                None,
            ),
            (
                Dialect::Postgres,
                "DELETE FROM \"p\".\"t\"\n WHERE (a = $2\n  OR b = E'\\'')\nRETURNING id",
                "\"p\".\"t\"",
                "(a = $2\n  OR b = E'\\'')",
                None,
            ),
            (Dialect::Postgres, "/* ä */ DELETE FROM t WHERE a = 0x10 -- end", "t", "a = 0x10", None),
            (Dialect::Postgres, "UPDATE t SET a = (SELECT 1 WHERE true) WHERE b = $1", "t", "b = $1", None),
            (
                Dialect::MySql,
                "UPDATE `t` SET a = ? WHERE `a?1` = ? AND b = 'it''s ?' AND c IN (?, ?)",
                "`t`",
                "`a?1` = ? AND b = 'it''s ?' AND c IN (?, ?)",
                Some(vec![1, 2, 3]),
            ),
        ] {
            let expected = Condition { table: table.into(), filter: filter.into(), parameters };
            assert_eq!(cut_from(dialect, sql), Some(expected), "{sql}");
        }
    }

    /// Which takes one pass, or this would take minutes.
    #[test]
    fn a_long_list_is_cut() {
        let list = |mark: &dyn Fn(usize) -> String| (1..=30_000).map(mark).collect::<Vec<_>>().join(", ");
        let sql = format!("DELETE FROM t WHERE id IN ({})", list(&|_| "?".to_owned()));
        let expected = format!("id IN ({})", list(&|number| format!("?{number}")));
        assert!(cut_from(Dialect::Sqlite, &sql).is_some_and(|cut| cut.filter == expected));
    }

    #[test]
    fn what_is_not_certain_is_not_cut() {
        for sql in [
            "UPDATE t AS u SET a = 1 WHERE b = 1",
            "UPDATE t SET a = 1",
            "DELETE FROM t USING u WHERE a = 1",
            "DELETE FROM t WHERE",
            "DELETE FROM t WHERE a = 1) WHERE (b = 1",
            "INSERT INTO t SELECT 1 WHERE true",
        ] {
            assert_eq!(cut_from(Dialect::Postgres, sql), None, "{sql}");
        }
    }
}
