//! Statements and texts that only PostgreSQL has.

use sqlparser::ast::{DataType, Expr, Value as Literal};

use super::conditions::column;
use super::functions::may_be_called;
use super::names::Names;
use super::plan::{Duration, Effect, Plan, ReadPlan, Refusal, WritePlan};
use super::tokens::{self, Tokens};
use crate::schema::{Relation, Schema, Table, TableId, ValueClass};

/// Settings that change how a statement runs, not what it means. So does each whose name begins as one of
/// [`HARMLESS_PREFIXES`].
const HARMLESS_SETTINGS: &[&str] = &[
    "APPLICATION_NAME",
    "CLIENT_MIN_MESSAGES",
    "CONSTRAINTS",
    "DEADLOCK_TIMEOUT",
    "DEFAULT_TRANSACTION_ISOLATION",
    "DEFAULT_TRANSACTION_READ_ONLY",
    "IDLE_IN_TRANSACTION_SESSION_TIMEOUT",
    "IDLE_SESSION_TIMEOUT",
    "JIT",
    "LOCK_TIMEOUT",
    "MAINTENANCE_WORK_MEM",
    "STATEMENT_TIMEOUT",
    "SYNCHRONOUS_COMMIT",
    "TEMP_BUFFERS",
    "TRANSACTION",
    "TRANSACTION_TIMEOUT",
    "WORK_MEM",
];

const HARMLESS_PREFIXES: &[&str] = &["ENABLE_", "LOG_", "MAX_PARALLEL_", "TRACK_", "TCP_"];

/// The plan of a statement that is told from its first word.
pub(super) fn special(schema: &Schema, tokens: &Tokens, first: &str) -> Option<Plan> {
    let words = tokens::words(tokens);
    let second = words.get(1).map(String::as_str).unwrap_or_default();
    Some(match first {
        "SET" | "RESET" => setting(&words),
        "DISCARD" if second != "ALL" => Plan::Neutral,
        "DISCARD" => Plan::Setting(Duration::Session),
        "LISTEN" | "UNLISTEN" | "NOTIFY" | "VACUUM" | "CHECKPOINT" | "CLUSTER" | "LOCK" | "FETCH"
        | "MOVE" | "CLOSE" | "DEALLOCATE" | "COMMENT" => Plan::Neutral,
        // EXPLAIN ANALYZE runs what it explains.
        "EXPLAIN" if words.iter().any(|word| word == "ANALYZE") => {
            if may_call(schema, tokens) || tokens::write_verbs(tokens) > 0 {
                written(vec![Effect::Everything])
            } else {
                Plan::Neutral
            }
        }
        "DECLARE" if may_call(schema, tokens) => written(vec![Effect::Everything]),
        "DECLARE" => Plan::Read(ReadPlan {
            sources: Vec::new(),
            width: None,
            limited: false,
            refusal: Some(Refusal::NotASelect),
            may_write: false,
        }),
        // Both may commit inside.
        "CALL" | "DO" => Plan::Write(WritePlan {
            ends_transaction: true,
            changes_session: sets(tokens),
            ..WritePlan::of(vec![Effect::Everything])
        }),
        "GRANT" | "REVOKE" | "REASSIGN" | "IMPORT" | "SECURITY" => {
            Plan::Write(WritePlan { changes_schema: true, ..WritePlan::of(vec![Effect::Everything]) })
        }
        "TRUNCATE" => truncate(schema, tokens, &words),
        "REFRESH" => written(named_tables(schema, tokens)?.into_iter().map(Effect::Table).collect()),
        _ => return None,
    })
}

fn written(effects: Vec<Effect>) -> Plan {
    Plan::Write(WritePlan::of(effects))
}

fn setting(words: &[String]) -> Plan {
    let (scope, name) = match words.get(1).map(String::as_str) {
        Some("LOCAL") => (Duration::Transaction, words.get(2)),
        Some("SESSION") if words.get(2).is_some_and(|word| word == "CHARACTERISTICS") => {
            return Plan::Neutral;
        }
        Some("SESSION") => (Duration::Session, words.get(2)),
        _ => (Duration::Session, words.get(1)),
    };
    let is_harmless = name.is_some_and(|name| {
        HARMLESS_SETTINGS.contains(&name.as_str())
            || HARMLESS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    });
    if is_harmless { Plan::Neutral } else { Plan::Setting(scope) }
}

/// TRUNCATE .. CASCADE empties every table that references one of these, whatever its foreign keys say.
fn truncate(schema: &Schema, tokens: &Tokens, words: &[String]) -> Plan {
    let Some(mut tables) = named_tables(schema, tokens) else { return written(vec![Effect::Everything]) };
    if words.last().is_some_and(|word| word == "CASCADE") {
        let mut next = 0;
        while next < tables.len() {
            let emptied = schema.table(tables[next]);
            next += 1;
            let follows = |table: &&Table| {
                let mut keys = table.foreign_keys().iter();
                keys.any(|key| key.references() == Some(emptied.id()))
                    || table.relatives().contains(&emptied.id())
            };
            let more: Vec<TableId> = schema.tables().iter().filter(follows).map(Table::id).collect();
            tables.extend(more.into_iter().filter(|id| !tables.contains(id)).collect::<Vec<_>>());
        }
    }
    written(tables.into_iter().map(Effect::Table).collect())
}

/// Every table that the tokens may name; `None` if there is none, or a view among them.
fn named_tables(schema: &Schema, tokens: &Tokens) -> Option<Vec<TableId>> {
    let mut tables = Vec::new();
    for relation in tokens::names(tokens).flat_map(|name| schema.relations_like(name)) {
        match relation {
            Relation::Table(table) => tables.push(table.id()),
            Relation::View(_) => return None,
        }
    }
    tables.sort_unstable();
    tables.dedup();
    (!tables.is_empty()).then_some(tables)
}

/// Whether the tokens may call, in whatever notation, something that may write.
pub(super) fn may_call(schema: &Schema, tokens: &Tokens) -> bool {
    schema.routines().is_some_and(|routines| {
        tokens::possible_calls(tokens).any(|name| routines.has(name) && !may_be_called(schema, name))
    })
}

/// Whether the tokens may set what later statements mean.
pub(super) fn sets(tokens: &Tokens) -> bool {
    let by_call = tokens::names(tokens).any(|name| name.eq_ignore_ascii_case("set_config"));
    by_call || tokens::words(tokens).first().is_some_and(|word| word == "DO")
}

/// Whether a CREATE makes a temporary relation that hides one of the schema.
pub(super) fn hides(schema: &Schema, tokens: &Tokens) -> bool {
    let words = tokens::words(tokens);
    let is_temporary = words.iter().any(|word| matches!(word.as_str(), "TEMP" | "TEMPORARY"))
        || tokens::names(tokens).any(|name| name.eq_ignore_ascii_case("pg_temp"));
    is_temporary && tokens::names(tokens).any(|name| schema.relations_like(name).next().is_some())
}

/// Whether an expression may turn a text into the current time: `'now'`, `'today'::date`, a cast of a text that is
/// not known.
pub(super) fn reads_the_clock(names: &Names<'_>, expression: &Expr) -> bool {
    match expression {
        Expr::Value(value) => is_relative(&value.value),
        Expr::TypedString(typed) => is_relative(&typed.value.value),
        Expr::Cast { expr, data_type, .. } if is_temporal(data_type) => match &**expr {
            Expr::Value(value) => matches!(value.value, Literal::Placeholder(_)),
            // What is a time already has been one when it was stored.
            inner => column(names, inner).is_none_or(|found| {
                names.table(found.draft).column(found.column).class() == ValueClass::Text
            }),
        },
        _ => false,
    }
}

fn is_relative(literal: &Literal) -> bool {
    let text = match literal {
        Literal::SingleQuotedString(text) | Literal::EscapedStringLiteral(text) => text,
        Literal::DollarQuotedString(text) => &text.value,
        Literal::UnicodeStringLiteral(_) => return true,
        _ => return false,
    };
    let text = text.to_ascii_lowercase();
    ["now", "today", "tomorrow", "yesterday"].iter().any(|word| text.contains(word))
}

fn is_temporal(data_type: &DataType) -> bool {
    match data_type {
        DataType::Date | DataType::Time(..) | DataType::Timestamp(..) | DataType::Datetime(_) => true,
        DataType::Custom(name, _) => {
            let name = name.to_string().to_ascii_lowercase();
            ["date", "time", "abs"].iter().any(|part| name.contains(part))
        }
        _ => false,
    }
}
