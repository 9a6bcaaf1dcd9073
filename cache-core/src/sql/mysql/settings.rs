//! SET, and statements with settings of their own.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::calls::calls_unknown;
use super::compound::{is_block, set_within};
use super::everything;
use crate::mutation::{self, Mutation};
use crate::schema::Schema;
use crate::sql::analyse::statement;
use crate::sql::plan::{Duration, Effect, Plan, ReadPlan, Refusal, WritePlan};
use crate::sql::tokens::{self, Tokens};

/// Settings that change how a statement runs, not what it means.
const HARMLESS_SETTINGS: &[&str] = &[
    "IDLE_TRANSACTION_TIMEOUT",
    "INNODB_LOCK_WAIT_TIMEOUT",
    "INTERACTIVE_TIMEOUT",
    "LOCK_WAIT_TIMEOUT",
    "LONG_QUERY_TIME",
    "MAX_EXECUTION_TIME",
    "MAX_STATEMENT_TIME",
    "NET_READ_TIMEOUT",
    "NET_WRITE_TIMEOUT",
    "PROFILING",
    "SLOW_QUERY_LOG",
    "WAIT_TIMEOUT",
];

/// The plan of SET.
pub(super) fn setting(schema: &Schema, tokens: &Tokens, words: &[String]) -> Plan {
    if words.get(1).is_some_and(|word| word == "STATEMENT") {
        if mutation::is(Mutation::SetStatementOnlySets) {
            return Plan::Neutral;
        }
        return with_settings(schema, tokens);
    }
    let is_about_transactions = words.iter().take(3).any(|word| word == "TRANSACTION");
    let is_harmless = if is_about_transactions {
        !words.iter().any(|word| word == "UNCOMMITTED")
    } else {
        assigned(&tokens[1..]).all(is_harmless_setting)
    };
    if calls_unknown(schema, tokens) {
        let changes_session = (!is_harmless).then_some(Duration::Session);
        return Plan::Write(WritePlan { changes_session, ..everything() });
    }
    if is_harmless { Plan::Neutral } else { Plan::Setting(Duration::Session) }
}

/// Whether an assignment of SET changes no more than how statements run, or a variable of the user's.
fn is_harmless_setting(assignment: &[TokenWithSpan]) -> bool {
    const SCOPES: [&str; 5] = ["SESSION", "LOCAL", "@@SESSION", "@@LOCAL", ""];
    let words = tokens::words(assignment);
    let first = words.first().map(String::as_str).unwrap_or_default();
    let name = words.iter().map(String::as_str).find(|word| !SCOPES.contains(word)).unwrap_or_default();
    let name = name.strip_prefix("@@").unwrap_or(name);
    first.starts_with('@') && !first.starts_with("@@") || HARMLESS_SETTINGS.contains(&name)
}

/// The assignments of a SET.
pub(super) fn assigned(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &[TokenWithSpan]> {
    let mut depth = 0usize;
    tokens.split(move |token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.token == Token::Comma
    })
}

/// The plan of `SET STATEMENT name = value, .. FOR statement`: that of the statement, as far as the settings do not change
/// what it means. A read writes nothing under any of them.
fn with_settings(schema: &Schema, tokens: &Tokens) -> Plan {
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
        return Plan::Write(WritePlan { changes_session: Some(Duration::Session), ..plan });
    };
    let (settings, within) = (&tokens[2..end], tokens[end + 1..].to_vec());
    let plan = match tokens::control(&within) {
        Some(control) if !is_block(&within) => Plan::Write(WritePlan {
            ends_transaction: control.ends(),
            controls: vec![control],
            ..everything()
        }),
        _ => statement(schema, &within, ""),
    };
    let calls = calls_unknown(schema, settings);
    match plan {
        Plan::Read(_) | Plan::Neutral if calls => Plan::Write(everything()),
        Plan::Read(_) => Plan::Read(ReadPlan::refused(Refusal::Clause("settings of its own"))),
        Plan::Write(mut plan) => {
            plan.changes_session =
                plan.changes_session.max(set_within(&[within]).then_some(Duration::Session));
            if calls || !assigned(settings).all(is_harmless_setting) {
                plan.effects.push(Effect::Everything);
                plan.single = false;
            }
            Plan::Write(plan)
        }
        plan => plan,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, TableDefinition};
    use crate::sql::{Control, analyse};

    #[test]
    fn a_statement_with_settings_of_its_own_does_what_it_does_without() {
        let table = TableDefinition::new("t").column(Column::int("id")).primary_key(["id"]);
        let schema = Schema::new(Dialect::MySql, [table], []).unwrap();
        let plan = |sql: &str| analyse(&schema, sql);
        let written = |sql: &str| match plan(sql) {
            Plan::Write(plan) => plan,
            plan => panic!("{sql}: {plan:?}"),
        };
        let mut bare = written("UPDATE t SET id = 1 WHERE id = 2");
        for effect in &mut bare.effects {
            if let Effect::Update(update) = effect {
                // Nobody asks beforehand which rows such a text finds.
                update.condition = None;
            }
        }
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
        assert_eq!(written(&format!("{timed} BEGIN")).controls, [Control::Begin]);
        for within in ["USE other", "SET time_zone = 'x'", "CREATE TEMPORARY TABLE t (id INT)"] {
            assert!(matches!(plan(&format!("{timed} {within}")), Plan::Setting(_)), "{within}");
        }
        for within in [
            "EXECUTE IMMEDIATE @a",
            "BEGIN NOT ATOMIC SET autocommit = 0; END",
            "SET STATEMENT lock_wait_timeout = 1 FOR PREPARE s FROM 'USE other'",
        ] {
            assert!(written(&format!("{timed} {within}")).changes_session.is_some(), "{within}");
        }
        assert!(written("SET STATEMENT max_statement_time = 1").changes_session.is_some());
        assert!(plan("SET STATEMENT max_statement_time = other.f() FOR SELECT id FROM t").is_write());
    }
}
