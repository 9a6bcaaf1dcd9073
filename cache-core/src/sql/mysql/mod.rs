//! Statements and texts that only MariaDB and MySQL have.
//!
//! | module | what it is for |
//! |---|---|
//! | `body` | the body of a trigger or routine to its effects |
//! | `comments` | comments that some servers run |
//! | `compound` | statements that hold others, in blocks or in texts |
//! | `setters` | through which names a statement may set its session |
//! | `spelling` | quotes and backslashes |

mod body;
mod comments;
mod compound;
mod setters;
mod spelling;

use sqlparser::ast::{DataType, Expr, Ident};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

pub(super) use self::body::effects;
pub(super) use self::comments::{may_be_run, plan as plan_with_comments};
pub(super) use self::compound::{is_block, is_definition, set_within};
pub(super) use self::setters::{sets, setters};
pub(super) use self::spelling::respell;
use super::functions::may_be_called;
use super::plan::{Control, Duration, Effect, Plan, ReadPlan, Refusal, WritePlan};
use super::tokens::{self, Tokens};
use crate::schema::Schema;
use crate::schema::mysql::is_on_some;

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

/// The plan of a statement that is told from its first word. What is neither known nor a query nor a write of rows
/// may commit what is open.
pub(super) fn special(schema: &Schema, tokens: &Tokens, first: &str) -> Option<Plan> {
    let words = tokens::words(tokens);
    let has = |word: &str| words.iter().any(|known| known == word);
    let may_write = || tokens::write_verbs(tokens) > 0 || calls_unknown(schema, tokens);
    Some(match first {
        "" | "SELECT" | "WITH" | "VALUES" | "TABLE" | "INSERT" | "REPLACE" | "UPDATE" | "DELETE" => {
            return None;
        }
        "SET" => setting(schema, tokens, &words),
        "USE" => Plan::Setting(Duration::Session),
        // What they choose by, or whom they end, may be a call.
        "SHOW" | "HELP" | "KILL" if !may_write() => Plan::Neutral,
        // With ANALYZE it runs what it explains.
        "EXPLAIN" | "DESCRIBE" | "DESC" if !may_write() && !has("ANALYZE") => Plan::Neutral,
        "DO" if !may_write() => Plan::Neutral,
        "TRUNCATE" => truncate(schema, tokens),
        "BEGIN" => Plan::Write(compound::block(schema, tokens, &words)),
        "CALL" => call(schema, tokens),
        "XA" => Plan::Write(WritePlan {
            ends_transaction: true,
            controls: match words.get(1).map(String::as_str) {
                Some("START" | "BEGIN") => vec![Control::Begin],
                Some("COMMIT" | "ROLLBACK") => vec![Control::Commit],
                _ => Vec::new(),
            },
            ..everything()
        }),
        _ => Plan::Write(WritePlan {
            ends_transaction: true,
            changes_session: compound::runs_a_setting(schema, tokens, &words),
            ..everything()
        }),
    })
}

/// The plan of a statement that changes the schema: it commits what is open. A temporary table may hide another.
pub(super) fn definition(schema: &Schema, tokens: &Tokens) -> Plan {
    Plan::Write(WritePlan {
        changes_schema: true,
        ends_transaction: true,
        changes_session: !compound::defines_a_body(tokens) && may_hide(schema, tokens),
        ..everything()
    })
}

/// Whether what is defined may be a temporary table that hides another.
fn may_hide(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let is_temporary = tokens::words(tokens).iter().any(|word| word == "TEMPORARY");
    is_temporary && names_a_relation(schema, tokens) || takes_a_name(schema, tokens)
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

fn everything() -> WritePlan {
    WritePlan::of(vec![Effect::Everything])
}

fn truncate(schema: &Schema, tokens: &Tokens) -> Plan {
    let names: Vec<&str> = tokens::names(tokens).filter(|name| !name.eq_ignore_ascii_case("table")).collect();
    let effects = match names.as_slice() {
        [_, name] => schema.table_named(name).map(|table| vec![Effect::Table(table.id())]),
        _ => None,
    };
    let plan = effects.map_or_else(everything, WritePlan::of);
    Plan::Write(WritePlan { ends_transaction: true, ..plan })
}

/// The body of the procedure that `CALL name` or `CALL name(..)` runs.
fn procedure<'s>(schema: &'s Schema, tokens: &[TokenWithSpan]) -> Option<&'s str> {
    let name = match tokens {
        [_, name] => name,
        [_, name, open, ..] if open.token == Token::LParen => name,
        _ => return None,
    };
    match &name.token {
        Token::Word(word) => schema.routines()?.procedure(&word.value),
        _ => None,
    }
}

/// The plan of CALL, by the body of the procedure.
fn call(schema: &Schema, tokens: &Tokens) -> Plan {
    let body = procedure(schema, tokens);
    let calls_others = calls_unknown(schema, tokens.get(2..).unwrap_or_default());
    match body.and_then(|body| effects(schema, body)) {
        Some(effects) if effects.is_empty() && !calls_others => {
            Plan::Read(ReadPlan::refused(Refusal::NotASelect))
        }
        Some(effects) if !calls_others => Plan::Write(WritePlan::of(effects)),
        _ => {
            Plan::Write(WritePlan { ends_transaction: true, changes_session: body.is_none(), ..everything() })
        }
    }
}

fn setting(schema: &Schema, tokens: &Tokens, words: &[String]) -> Plan {
    if words.get(1).is_some_and(|word| word == "STATEMENT") {
        return compound::with_settings(schema, tokens);
    }
    if calls_unknown(schema, tokens) {
        return Plan::Write(everything());
    }
    let is_about_transactions = words.iter().take(3).any(|word| word == "TRANSACTION");
    let is_harmless = if is_about_transactions {
        !words.iter().any(|word| word == "UNCOMMITTED")
    } else {
        assigned(&tokens[1..]).all(is_harmless_setting)
    };
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
fn assigned(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &[TokenWithSpan]> {
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

/// Words that stand before a parenthesis and can be no function: MySQL reserves them.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "between",
    "by",
    "case",
    "cross",
    "decimal",
    "distinct",
    "div",
    "else",
    "exists",
    "from",
    "group",
    "having",
    "if",
    "in",
    "inner",
    "into",
    "is",
    "join",
    "key",
    "left",
    "like",
    "limit",
    "mod",
    "not",
    "on",
    "or",
    "order",
    "over",
    "partition",
    "regexp",
    "right",
    "rlike",
    "select",
    "set",
    "some",
    "straight_join",
    "table",
    "then",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "varchar",
    "when",
    "where",
    "with",
    "xor",
];

/// Whether the tokens may call something that may write.
pub(super) fn calls_unknown(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let is_relation = |name: &str| schema.relations_like(name).next().is_some();
    let unknown = called(tokens).any(|name| !may_be_called(schema, name) && !is_relation(name));
    unknown || qualifiers(tokens).next().is_some()
}

/// Whether the tokens call, with the rights of others, what may be a stored function on this server that nobody shows.
pub(super) fn calls_hidden(tokens: &[TokenWithSpan]) -> bool {
    called(tokens).any(is_on_some)
}

/// The names before a parenthesis that are no words of the language.
fn called(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    tokens.windows(2).filter_map(|window| {
        let (Token::Word(word), Token::LParen) = (&window[0].token, &window[1].token) else { return None };
        let is_reserved = word.quote_style.is_none()
            && RESERVED.iter().any(|reserved| word.value.eq_ignore_ascii_case(reserved));
        (!is_reserved).then_some(word.value.as_str())
    })
}

/// Whether the tokens call a function of another database.
fn calls_elsewhere(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    qualifiers(tokens).any(|database| !schema.looks_in(database))
}

/// The databases whose functions the tokens call, `database.function()`: stored ones may have the names of built-in
/// ones.
fn qualifiers(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    // `INSERT INTO database.table (column)`
    let names_a_table = |index: usize| {
        let before = &tokens[..index];
        let before = tokens::first_word(&before[before.len().saturating_sub(1)..]);
        BEFORE_TABLES.contains(&before.as_str())
    };
    let windows = tokens.windows(4).enumerate();
    windows.filter_map(move |(at, window)| match [0, 1, 2, 3].map(|index| &window[index].token) {
        [Token::Word(database), Token::Period, Token::Word(_), Token::LParen] if !names_a_table(at) => {
            Some(database.value.as_str())
        }
        _ => None,
    })
}

/// Words behind which an INSERT or REPLACE names its table.
const BEFORE_TABLES: &[&str] =
    &["INTO", "INSERT", "REPLACE", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY"];

/// Whether operators among the tokens bind looser than AND, which the parser does not know: `XOR`, and `||` where it does
/// not join texts.
pub(super) fn binds_otherwise(tokens: &[TokenWithSpan]) -> bool {
    tokens.iter().any(|token| match &token.token {
        Token::StringConcat => true,
        Token::Word(word) => word.keyword == Keyword::XOR && word.quote_style.is_none(),
        _ => false,
    })
}

/// Whether a name is a call that needs no parentheses, and that the parser takes for a name. All are reserved.
pub(super) fn is_call(expression: &Expr) -> bool {
    const CALLS: [&str; 5] = ["CURRENT_ROLE", "CURRENT_USER", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP"];
    match expression {
        Expr::Identifier(name) => {
            name.quote_style.is_none() && CALLS.iter().any(|call| name.value.eq_ignore_ascii_case(call))
        }
        _ => false,
    }
}

/// Whether a name is that of a variable, of the user or the server.
pub(super) fn names_a_variable(expression: &Expr) -> bool {
    let is_variable = |name: &Ident| name.quote_style.is_none() && name.value.starts_with('@');
    match expression {
        Expr::Identifier(name) => is_variable(name),
        Expr::CompoundIdentifier(names) => names.first().is_some_and(is_variable),
        _ => false,
    }
}

/// Whether an expression depends on more than the values of its columns: a TIME becomes a date by today's, and a
/// full-text search ranks by all rows.
pub(super) fn depends_on_more(expression: &Expr) -> bool {
    let is_date = |data_type: &DataType| {
        matches!(data_type, DataType::Date | DataType::Datetime(_) | DataType::Timestamp(..))
    };
    match expression {
        Expr::MatchAgainst { .. } | Expr::Extract { .. } => true,
        Expr::Cast { data_type, .. } | Expr::Convert { data_type: Some(data_type), .. } => is_date(data_type),
        _ => false,
    }
}

/// Whether the tokens may name a table of another database: a qualifier that is neither this database, nor a table
/// or view of it, nor introduced elsewhere in the text as an alias.
pub(super) fn reaches_elsewhere(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let name = |index: usize| match tokens.get(index).map(|token| &token.token) {
        Some(Token::Word(word)) => Some(word.value.as_str()),
        _ => None,
    };
    let qualifies = |index: usize| tokens.get(index + 1).is_some_and(|token| token.token == Token::Period);
    let is_known = |qualifier: &str| {
        schema.looks_in(qualifier)
            || schema.relations_like(qualifier).next().is_some()
            || ["new", "old"].iter().any(|row| qualifier.eq_ignore_ascii_case(row))
            || (0..tokens.len()).any(|index| {
                !qualifies(index) && name(index).is_some_and(|name| name.eq_ignore_ascii_case(qualifier))
            })
    };
    (0..tokens.len()).filter(|index| qualifies(*index)).filter_map(name).any(|qualifier| !is_known(qualifier))
}
