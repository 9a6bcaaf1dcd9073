//! Statements that change the schema.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::calls::calls_unknown;
use super::{compound, everything};
use crate::schema::Schema;
use crate::sql::plan::{Duration, Plan, WritePlan};
use crate::sql::tokens::{self, Tokens, position_of_word};
use crate::sql::views::views_only_read;

/// The plan of a statement that changes the schema: it commits what is open. A temporary table may hide another.
pub(in crate::sql) fn definition(schema: &Schema, tokens: &Tokens) -> Plan {
    if let Some(plan) = temporary(schema, tokens) {
        return plan;
    }
    let hides = !compound::defines_a_body(tokens) && may_hide(schema, tokens);
    Plan::Write(WritePlan {
        changes_schema: true,
        ends_transaction: true,
        changes_session: hides.then_some(Duration::Session),
        ..everything()
    })
}

/// The plan of a statement that makes or drops a temporary table and does nothing else: it commits nothing, no table of the
/// schema is another afterwards, and only its session knows of it.
fn temporary(schema: &Schema, tokens: &Tokens) -> Option<Plan> {
    if matches!(&*tokens::words(tokens), [drop, temporary, table, ..]
        if drop == "DROP" && temporary == "TEMPORARY" && matches!(&**table, "TABLE" | "TABLES"))
    {
        return Some(Plan::Neutral);
    }
    let (target, rest) = made_temporary(tokens)?;
    // Columns call no stored functions; what is selected may.
    let query = ["SELECT", "VALUES", "WITH", "TABLE"].iter().filter_map(|word| position_of_word(rest, word));
    let calls = query.min().is_some_and(|query| {
        let query = rest[query..].to_vec();
        calls_unknown(schema, &query) || !views_only_read(schema, &query)
    });
    let hides = schema.relations_like(target).next().is_some() || is_kept_elsewhere(rest);
    (!calls).then_some(if hides { Plan::Setting(Duration::Session) } else { Plan::Neutral })
}

/// The name of the table that `CREATE TEMPORARY TABLE` makes, and what stands behind it.
fn made_temporary(tokens: &[TokenWithSpan]) -> Option<(&str, &[TokenWithSpan])> {
    let words = tokens::words(&tokens[..tokens.len().min(9)]);
    let has = |at: usize, expected: &[&str]| {
        expected.iter().enumerate().all(|(next, word)| words.get(at + next).is_some_and(|has| has == word))
    };
    let mut at = if has(0, &["CREATE", "OR", "REPLACE"]) { 3 } else { 1 };
    if !has(0, &["CREATE"]) || !has(at, &["TEMPORARY", "TABLE"]) {
        return None;
    }
    at += if has(at + 2, &["IF", "NOT", "EXISTS"]) { 5 } else { 2 };
    if tokens.get(at + 1).is_some_and(|token| token.token == Token::Period) {
        at += 2;
    }
    match &tokens.get(at)?.token {
        Token::Word(word) => Some((&word.value, &tokens[at + 1..])),
        _ => None,
    }
}

/// Whether what is defined may be a temporary table that hides another.
pub(super) fn may_hide(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let is_temporary = || tokens::words(tokens).iter().any(|word| word == "TEMPORARY");
    match made_temporary(tokens) {
        Some((target, rest)) => schema.relations_like(target).next().is_some() || is_kept_elsewhere(rest),
        None if is_temporary() && names_a_relation(schema, tokens) => true,
        None => takes_a_name(schema, tokens) || alters_another(schema, tokens) && is_kept_elsewhere(tokens),
    }
}

/// Whether a table that nobody knows is altered: it may be temporary.
fn alters_another(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let start = &tokens[..tokens.len().min(8)];
    tokens::first_word(tokens) == "ALTER" && !names_a_relation(schema, start)
}

/// Whether the rows of a table may be in others, under whose names nobody sees them written: the engine decides (MERGE,
/// SPIDER, CONNECT, FEDERATED, ..).
fn is_kept_elsewhere(tokens: &[TokenWithSpan]) -> bool {
    const ITS_OWN: [&str; 5] = ["INNODB", "ARIA", "MYISAM", "MEMORY", "HEAP"];
    let Some(at) = tokens.iter().position(
        |token| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case("ENGINE")),
    ) else {
        return false;
    };
    let mut behind = tokens[at + 1..].iter().filter(|token| token.token != Token::Eq);
    let engine = behind.next().map(|token| match &token.token {
        Token::Word(word) => word.value.to_ascii_uppercase(),
        Token::SingleQuotedString(name) | Token::DoubleQuotedString(name) => name.to_ascii_uppercase(),
        _ => String::new(),
    });
    engine.is_none_or(|engine| !ITS_OWN.contains(&engine.as_str()))
}

fn names_a_relation(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    tokens::names(tokens).any(|name| schema.relations_like(name).next().is_some())
}

/// Whether a table is given the name of another that is there, which only a temporary one can have.
fn takes_a_name(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let parts = || tokens.split(|token| token.token == Token::Comma);
    match tokens::first_word(tokens).as_str() {
        "ALTER" => parts()
            .filter_map(|part| Some(&part[tokens::position_of_word(part, "RENAME")? + 1..]))
            .any(|renamed| {
                let is_of_a_table =
                    !matches!(tokens::first_word(renamed).as_str(), "COLUMN" | "INDEX" | "KEY");
                is_of_a_table && names_a_relation(schema, renamed)
            }),
        "RENAME" => {
            let mut given: Vec<&str> = Vec::new();
            parts().any(|part| {
                let Some(to) = tokens::position_of_word(part, "TO") else { return false };
                let (old, new) = part.split_at(to);
                let is_there = |name: &str| given.iter().any(|given| given.eq_ignore_ascii_case(name));
                let renames_another = !names_a_relation(schema, old) && !tokens::names(old).any(is_there);
                given.extend(tokens::names(new));
                renames_another && names_a_relation(schema, new)
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, TableDefinition, View};
    use crate::sql::analyse;

    #[test]
    fn a_table_that_takes_a_name_that_is_there_may_hide_it() {
        let table = |name: &str| TableDefinition::new(name).column(Column::int("id"));
        let schema = Schema::new(Dialect::MySql, [table("t"), table("u")], []).unwrap();
        let hides =
            |sql: &str| matches!(analyse(&schema, sql), Plan::Write(plan) if plan.changes_session.is_some());
        for sql in [
            "ALTER TABLE x RENAME TO t",
            "ALTER TABLE x ADD COLUMN n INT, RENAME `t`",
            "RENAME TABLE x TO t",
            "RENAME TABLE u TO v, x TO t",
            "ALTER TABLE x ENGINE = MERGE UNION = (t)",
        ] {
            assert!(hides(sql), "{sql}");
        }
        for sql in [
            "ALTER TABLE t RENAME TO x",
            "ALTER TABLE u RENAME COLUMN id TO t, RENAME INDEX a TO t",
            "RENAME TABLE t TO x, u TO t, x TO u",
            "ALTER TABLE x ENGINE = InnoDB",
        ] {
            assert!(!hides(sql), "{sql}");
        }
    }

    #[test]
    fn a_temporary_table_changes_nothing_but_what_its_session_means_by_the_name() {
        let table = |name: &str| TableDefinition::new(name).column(Column::int("id"));
        let view = View::new("v", "SELECT f() AS n", ["n"]);
        let schema = Schema::new(Dialect::MySql, [table("t"), table("u")], [view]).unwrap();
        let plan = |sql: &str| analyse(&schema, sql);
        for sql in [
            "CREATE TEMPORARY TABLE x (id INT(11) DEFAULT 1, n VARCHAR(20), KEY by_n (n))",
            "CREATE OR REPLACE TEMPORARY TABLE x LIKE t",
            "CREATE TEMPORARY TABLE IF NOT EXISTS `shop`.`x` AS SELECT id, upper('a') FROM t",
            "CREATE TEMPORARY TABLE x (id INT) ENGINE=InnoDB",
            "CREATE TEMPORARY TABLE x (t INT) SELECT id FROM t JOIN u USING (id)",
            "DROP TEMPORARY TABLE IF EXISTS x, t",
        ] {
            assert_eq!(plan(sql), Plan::Neutral, "{sql}");
        }
        for sql in [
            "CREATE TEMPORARY TABLE t (id INT)",
            "CREATE TEMPORARY TABLE IF NOT EXISTS `U` LIKE t",
            "CREATE TEMPORARY TABLE x (id INT) ENGINE=MERGE UNION=(t) INSERT_METHOD=LAST",
            "CREATE TEMPORARY TABLE x (id INT) ENGINE 'Spider'",
        ] {
            assert_eq!(plan(sql), Plan::Setting(Duration::Session), "{sql}");
        }
        for sql in [
            "CREATE TEMPORARY TABLE x AS SELECT f() AS n",
            "CREATE TEMPORARY TABLE x AS SELECT n FROM v",
            "CREATE TEMPORARY SEQUENCE x",
            "DROP TABLE x",
            "CREATE TABLE x (id INT)",
        ] {
            assert!(plan(sql).is_write(), "{sql}");
        }
    }
}
