//! Statements and texts that only MariaDB and MySQL have.
//!
//! | module | what it is for |
//! |---|---|
//! | `body` | the body of a trigger or routine to its effects |
//! | `calls` | what statements call |
//! | `comments` | comments that some servers run |
//! | `compound` | statements that hold others, in blocks or in texts |
//! | `definitions` | statements that change the schema |
//! | `setters` | through which names a statement may set its session |
//! | `settings` | SET, and statements with settings of their own |
//! | `several` | which of several tables a statement writes |
//! | `spelling` | quotes and backslashes |
//! | `times` | times of day beside dates |

mod body;
mod calls;
mod comments;
mod compound;
mod definitions;
mod setters;
mod settings;
mod several;
mod spelling;
mod times;

use sqlparser::ast::{DataType, Expr, Ident};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

pub(super) use self::body::effects;
pub(super) use self::calls::{BEFORE_TABLES, calls_unknown, shows_hidden};
pub(super) use self::comments::{may_be_run, plan as plan_with_comments};
pub(super) use self::compound::{is_block, is_definition, set_within};
pub(super) use self::definitions::definition;
pub(super) use self::setters::{sets, setters};
pub(super) use self::several::{deletes_known, updates_known};
pub(super) use self::spelling::respell;
pub(super) use self::times::{depends_on_today, in_sight as times_in_sight, shows_time};
use super::plan::{Control, Duration, Effect, Plan, WritePlan};
use super::tokens::{self, Tokens};
use crate::mutation::{self, Mutation};
use crate::schema::Schema;

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
        "SET" => settings::setting(schema, tokens, &words),
        "USE" => Plan::Setting(Duration::Session),
        // What they choose by, or whom they end, may be a call.
        "SHOW" | "HELP" | "KILL" if !may_write() || mutation::is(Mutation::ShowCallsNothing) => Plan::Neutral,
        // With ANALYZE it runs what it explains.
        "EXPLAIN" | "DESCRIBE" | "DESC" if !may_write() && !has("ANALYZE") => Plan::Neutral,
        "DO" if !may_write() => Plan::Neutral,
        "TRUNCATE" => truncate(schema, tokens),
        // They change no row, and commit.
        "ANALYZE" | "CHECK" if is_of_tables(&words) => {
            Plan::Write(WritePlan { ends_transaction: true, ..WritePlan::of(Vec::new()) })
        }
        "BEGIN" => Plan::Write(compound::block(schema, tokens, &words)),
        "CALL" => calls::call(schema, tokens),
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
            changes_session: compound::runs_a_setting(schema, tokens, &words).then_some(Duration::Session),
            ..everything()
        }),
    })
}

/// `ANALYZE [NO_WRITE_TO_BINLOG | LOCAL] TABLE`: what MariaDB analyses otherwise it runs.
fn is_of_tables(words: &[String]) -> bool {
    let object = words[1..].iter().find(|word| !matches!(word.as_str(), "LOCAL" | "NO_WRITE_TO_BINLOG"));
    object.is_some_and(|object| matches!(object.as_str(), "TABLE" | "TABLES"))
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
        matches!(
            data_type,
            DataType::Date | DataType::Datetime(_) | DataType::Time(..) | DataType::Timestamp(..)
        )
    };
    match expression {
        Expr::TypedString(typed) => matches!(typed.data_type, DataType::Time(..)),
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
