//! Statements that hold others: blocks, texts that are run from a string or prepared from one, and those that run with
//! settings of their own.
//!
//! Blocks and texts are writes of everything. What is looked for is whether they change the session.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{assigned, calls_unknown, everything, is_harmless_setting};
use crate::schema::Schema;
use crate::sql::analyse::{analyse, statement};
use crate::sql::plan::{Effect, Plan, ReadPlan, Refusal, WritePlan};
use crate::sql::tokens::{self, Tokens};

/// Whether a BEGIN opens a block of statements instead of a transaction. The text is cut behind the first of them.
pub(in crate::sql) fn is_block(tokens: &Tokens) -> bool {
    tokens::first_word(tokens) == "BEGIN" && tokens.len() > 1 && tokens::first_word(&tokens[1..]) != "WORK"
}

/// The plan of a block as far as its first statement.
pub(super) fn block(schema: &Schema, tokens: &Tokens, words: &[String]) -> WritePlan {
    let opens = |word: &String| matches!(word.as_str(), "BEGIN" | "NOT" | "ATOMIC");
    let first = words.iter().position(|word| !opens(word)).unwrap_or(tokens.len());
    let within = tokens[first..].to_vec();
    let (changes_schema, changes_session) = match statement(schema, &within, 0) {
        Plan::Write(plan) => (plan.changes_schema, plan.changes_session),
        Plan::Setting(_) => (false, true),
        Plan::Read(_) | Plan::Neutral | Plan::Control(_) => (false, false),
    };
    let changes_session = changes_session || set_within(&[within]);
    WritePlan { changes_schema, changes_session, ends_transaction: true, ..everything() }
}

/// The plan of `SET STATEMENT name = value, .. FOR statement`: that of the statement, as far as the settings do not change
/// what it means. A read writes nothing under any of them.
pub(super) fn with_settings(schema: &Schema, tokens: &Tokens) -> Plan {
    let mut depth = 0_usize;
    let end = tokens.iter().position(|token| {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && tokens::first_word(std::slice::from_ref(token)) == "FOR"
    });
    let Some(end) = end else {
        let plan = WritePlan { changes_schema: true, ends_transaction: true, ..everything() };
        return Plan::Write(WritePlan { changes_session: true, ..plan });
    };
    let (settings, within) = (&tokens[2..end], tokens[end + 1..].to_vec());
    let plan = match tokens::control(&within) {
        Some(control) if !is_block(&within) => Plan::Write(WritePlan {
            ends_transaction: control.ends(),
            controls: vec![control],
            ..everything()
        }),
        _ => statement(schema, &within, 0),
    };
    let calls = calls_unknown(schema, settings);
    match plan {
        Plan::Read(_) | Plan::Neutral if calls => Plan::Write(everything()),
        Plan::Read(_) => Plan::Read(ReadPlan::refused(Refusal::Clause("settings of its own"))),
        Plan::Write(mut plan) => {
            plan.changes_session |= set_within(&[within]);
            if calls || !assigned(settings).all(is_harmless_setting) {
                plan.effects.push(Effect::Everything);
                plan.single = false;
            }
            Plan::Write(plan)
        }
        plan => plan,
    }
}

/// Whether a text, cut at each semicolon, defines one trigger or routine by a block and does nothing else: what is in
/// the block does not run.
pub(in crate::sql) fn is_definition(parts: &[Tokens]) -> bool {
    const INNER: [&str; 5] = ["CASE", "IF", "LOOP", "REPEAT", "WHILE"];
    let mut depth = 0_usize;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 && depth == 0 {
            return false;
        }
        let words = tokens::words(part);
        depth += words.iter().filter(|word| *word == "BEGIN").count();
        let ends = words.first().is_some_and(|word| word == "END");
        if ends && !words.get(1).is_some_and(|word| INNER.contains(&&**word)) {
            depth = depth.saturating_sub(1);
        }
    }
    depth == 0 && parts.len() > 1 && parts.first().is_some_and(|part| defines_a_body(part))
}

pub(super) fn defines_a_body(part: &[TokenWithSpan]) -> bool {
    const BODIES: [&str; 5] = ["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"];
    let words = tokens::words(part);
    tokens::changes_schema(&tokens::first_word(part)) && words.iter().any(|word| BODIES.contains(&&**word))
}

/// Whether the parts of a compound statement, cut at each semicolon, may have a setting within: `ELSE SET ..`. Of a
/// trigger or routine that is defined it is the body, which does not run.
pub(in crate::sql) fn set_within(parts: &[Tokens]) -> bool {
    let has = |part: &Tokens, name: &str| tokens::words(part).iter().any(|word| word == name);
    // These assign, or are looked at by themselves.
    let is_plain = |part: &Tokens| {
        let first = tokens::first_word(part);
        tokens::changes_schema(&first)
            || ["SET", "BEGIN", "INSERT", "UPDATE", "REPLACE", "WITH", "LOAD"].contains(&&*first)
    };
    !parts.first().is_some_and(|part| defines_a_body(part))
        && parts.iter().any(|part| !is_plain(part) && has(part, "SET"))
}

/// Whether a statement runs a text, or prepares one, that is a setting or cannot be read here.
pub(super) fn runs_a_setting(schema: &Schema, tokens: &Tokens, words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|known| known == word);
    let text = match (words, tokens.as_slice()) {
        ([first, ..], _) if first == "DEALLOCATE" => return false,
        ([first, second, _, ..], [_, _, text, rest @ ..])
            if first == "EXECUTE" && second == "IMMEDIATE" && (rest.is_empty() || words[3] == "USING") =>
        {
            literal(text)
        }
        ([first, _, from, _], [_, _, _, text]) if first == "PREPARE" && from == "FROM" => literal(text),
        _ if has("PREPARE") || has("IMMEDIATE") => None,
        _ => return false,
    };
    match text.map(|text| analyse(schema, text)) {
        Some(Plan::Write(plan)) => plan.changes_session,
        Some(Plan::Read(_) | Plan::Neutral) => false,
        Some(Plan::Setting(_) | Plan::Control(_)) | None => true,
    }
}

/// A text that is the same whatever a backslash and a doubled quote mean.
fn literal(token: &TokenWithSpan) -> Option<&str> {
    match &token.token {
        Token::SingleQuotedString(text) if !text.contains(['\\', '\'']) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, TableDefinition};

    fn plan(sql: &str) -> Plan {
        analyse(&Schema::new(Dialect::MySql, [], []).unwrap(), sql)
    }

    fn changes_session(sql: &str) -> bool {
        match plan(sql) {
            Plan::Write(plan) => plan.changes_session,
            plan => panic!("{sql}: {plan:?}"),
        }
    }

    #[test]
    fn settings_are_found_in_blocks_and_in_texts() {
        for sql in [
            "BEGIN NOT ATOMIC SET autocommit = 0; END",
            "BEGIN NOT ATOMIC DO 1; SET autocommit = 0; END",
            "BEGIN NOT ATOMIC DO 1; BEGIN SET autocommit = 0; END; END",
            "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET autocommit = 0; END",
            "IF (SELECT 1 FOR UPDATE) THEN SET autocommit = 0; END IF",
            "IF 0 THEN DO 1; ELSE SET autocommit = 0; END IF",
            "EXECUTE IMMEDIATE 'SET autocommit = 0'",
            "EXECUTE IMMEDIATE 'DO 1' 'SET autocommit = 0'",
            "EXECUTE IMMEDIATE CONCAT('SET a', 'utocommit = 0')",
            "EXECUTE IMMEDIATE @a",
            "EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE @a'",
            "EXECUTE IMMEDIATE 'SELECT ''a'''",
            "PREPARE s FROM 'USE other'",
            "PREPARE s FROM @a",
            "CREATE PROCEDURE x() BEGIN DO 1; END; SET autocommit = 0",
            "CREATE PROCEDURE x() DO 1; SET autocommit = 0",
        ] {
            assert!(changes_session(sql), "{sql}");
        }
    }

    #[test]
    fn a_statement_with_settings_of_its_own_does_what_it_does_without() {
        let table = TableDefinition::new("t").column(Column::int("id")).primary_key(["id"]);
        let schema = Schema::new(Dialect::MySql, [table], []).unwrap();
        let plan = |sql: &str| analyse(&schema, sql);
        let written = |sql: &str| match plan(sql) {
            Plan::Write(plan) => plan,
            plan => panic!("{sql}: {plan:?}"),
        };
        let bare = written("UPDATE t SET id = 1 WHERE id = 2");
        let timed = "SET STATEMENT max_statement_time = (1 + 1), lock_wait_timeout = 3 FOR";
        assert_eq!(written(&format!("{timed} UPDATE t SET id = 1 WHERE id = 2")), bare);
        assert!(
            matches!(plan(&format!("{timed} SELECT id FROM t")), Plan::Read(plan) if plan.refusal.is_some())
        );
        assert!(matches!(plan("SET STATEMENT sql_mode = 'ANSI' FOR SELECT id FROM t"), Plan::Read(_)));
        assert_eq!(plan(&format!("{timed} SHOW TABLES")), Plan::Neutral);
        assert!(
            written("SET STATEMENT sql_mode = '' FOR UPDATE t SET id = 1")
                .effects
                .contains(&Effect::Everything)
        );
        let altered = written(&format!("{timed} ALTER TABLE t ADD COLUMN n INT"));
        assert!(altered.changes_schema && altered.ends_transaction);
        assert!(written(&format!("{timed} COMMIT")).ends_transaction);
        assert_eq!(written(&format!("{timed} BEGIN")).controls, [crate::sql::plan::Control::Begin]);
        for within in ["USE other", "SET time_zone = 'x'"] {
            assert!(matches!(plan(&format!("{timed} {within}")), Plan::Setting(_)), "{within}");
        }
        for within in [
            "EXECUTE IMMEDIATE @a",
            "CREATE TEMPORARY TABLE t (id INT)",
            "BEGIN NOT ATOMIC SET autocommit = 0; END",
            "SET STATEMENT lock_wait_timeout = 1 FOR PREPARE s FROM 'USE other'",
        ] {
            assert!(written(&format!("{timed} {within}")).changes_session, "{within}");
        }
        assert!(written("SET STATEMENT max_statement_time = 1").changes_session);
        assert!(plan("SET STATEMENT max_statement_time = other.f() FOR SELECT id FROM t").is_write());
    }

    #[test]
    fn a_table_that_takes_a_name_that_is_there_may_hide_it() {
        let table = |name: &str| TableDefinition::new(name).column(Column::int("id"));
        let schema = Schema::new(Dialect::MySql, [table("t"), table("u")], []).unwrap();
        let hides = |sql: &str| matches!(analyse(&schema, sql), Plan::Write(plan) if plan.changes_session);
        for sql in [
            "ALTER TABLE x RENAME TO t",
            "ALTER TABLE x ADD COLUMN n INT, RENAME `t`",
            "RENAME TABLE x TO t",
            "RENAME TABLE u TO v, x TO t",
        ] {
            assert!(hides(sql), "{sql}");
        }
        for sql in [
            "ALTER TABLE t RENAME TO x",
            "ALTER TABLE u RENAME COLUMN id TO t, RENAME INDEX a TO t",
            "RENAME TABLE t TO x, u TO t, x TO u",
        ] {
            assert!(!hides(sql), "{sql}");
        }
    }

    #[test]
    fn other_statements_in_blocks_and_in_texts_leave_the_session_alone() {
        for sql in [
            "BEGIN NOT ATOMIC UPDATE t SET a = 1; END",
            "EXECUTE IMMEDIATE 'UPDATE t SET a = 1'",
            "EXECUTE IMMEDIATE 'UPDATE t SET a = ?' USING 1",
            "PREPARE s FROM 'UPDATE t SET a = 1'",
            "EXECUTE s",
            "DEALLOCATE PREPARE s",
            "LOAD DATA INFILE 'a' INTO TABLE t SET a = 1",
            "CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW BEGIN IF 1 THEN SET NEW.a = 1; END IF; END",
            "UPDATE t SET a = 1; DELETE FROM t; INSERT INTO t SET a = 1",
            "CREATE PROCEDURE x() BEGIN DECLARE a INT; SET a = 1; IF a THEN SET time_zone = 'x'; END IF; END",
            "CREATE FUNCTION x() RETURNS INT BEGIN DECLARE a INT; BEGIN SET a = 1; END; RETURN a; END",
        ] {
            assert!(!changes_session(sql), "{sql}");
        }
    }

    #[test]
    fn a_begin_alone_is_that_of_a_transaction() {
        for sql in ["BEGIN", "BEGIN WORK", "BEGIN /* one */", "BEGIN;"] {
            assert!(matches!(plan(sql), Plan::Control(_)), "{sql}");
        }
    }
}
