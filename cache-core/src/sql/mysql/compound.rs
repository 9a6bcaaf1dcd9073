//! Statements that hold others: blocks, and texts that are run from a string or prepared from one.
//!
//! They are writes of everything. What is looked for is whether they change the session.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::everything;
use crate::schema::Schema;
use crate::sql::analyse::{analyse, statement};
use crate::sql::plan::{Duration, Plan, WritePlan};
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
    let (changes_schema, changes_session) = match statement(schema, &within, "") {
        Plan::Write(plan) => (plan.changes_schema, plan.changes_session),
        Plan::Setting(duration) => (false, Some(duration)),
        Plan::Read(_) | Plan::Neutral | Plan::Control(_) => (false, None),
    };
    let changes_session = changes_session.max(set_within(&[within]).then_some(Duration::Session));
    WritePlan { changes_schema, changes_session, ends_transaction: true, ..everything() }
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
        Some(Plan::Write(plan)) => plan.changes_session.is_some(),
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
    use crate::schema::Dialect;

    fn plan(sql: &str) -> Plan {
        analyse(&Schema::new(Dialect::MySql, [], []).unwrap(), sql)
    }

    fn changes_session(sql: &str) -> bool {
        match plan(sql) {
            Plan::Write(plan) => plan.changes_session.is_some(),
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
            "SET autocommit = unlisted()",
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
