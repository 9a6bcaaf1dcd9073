//! What sets what later statements mean, and which settings do not.

use sqlparser::tokenizer::Token;

use crate::schema::Schema;
use crate::schema::postgres::may_set;
use crate::sql::plan::{Duration, Plan};
use crate::sql::tokens::{self, Tokens};

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

/// The plan of a SET or RESET.
pub(super) fn setting(words: &[String]) -> Plan {
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

/// Whether the tokens may set what later statements mean, by themselves or in a routine that they call.
pub(super) fn sets(schema: &Schema, tokens: &Tokens) -> bool {
    let routines = schema.routines();
    if routines.is_some_and(|routines| tokens::possible_calls(tokens).any(|name| routines.sets(name))) {
        return true;
    }
    let hides = |block: &str| {
        let mut words = block.split(|character: char| !character.is_alphanumeric() && character != '_');
        says_any(block, &["temp"]) && words.any(|word| schema.relations_like(word).next().is_some())
    };
    // In a block of DO: a SET, any of these, and what is put together when it runs.
    const SIGNS: [&str; 7] =
        ["set_config", "search_path", "role", "authorization", "zone", "row_security", "execute"];
    let says = |block: &str| says_any(block, &SIGNS) || hides(block) || may_set(block, |_| false);
    tokens.iter().any(|token| match &token.token {
        Token::Word(word) => word.value.eq_ignore_ascii_case("set_config"),
        Token::DollarQuotedString(block) => says(&block.value),
        Token::SingleQuotedString(block) | Token::EscapedStringLiteral(block) => says(block),
        _ => false,
    })
}

/// Whether a block of DO may change the schema. A routine that does so itself is seen within a second.
pub(super) fn defines(tokens: &Tokens) -> bool {
    const SIGNS: [&str; 4] = ["create", "alter", "drop", "execute"];
    tokens.iter().any(|token| match &token.token {
        Token::DollarQuotedString(block) => says_any(&block.value, &SIGNS),
        Token::SingleQuotedString(block) | Token::EscapedStringLiteral(block) => says_any(block, &SIGNS),
        _ => false,
    })
}

fn says_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}
