//! What statements call: procedures, and functions that may write.

use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::{effects, everything};
use crate::schema::Schema;
use crate::schema::mysql::is_on_some;
use crate::sql::functions::may_be_called;
use crate::sql::plan::{Duration, Plan, ReadPlan, Refusal, WritePlan};
use crate::sql::tokens::{self, Tokens};

/// The body of the procedure that `CALL name` or `CALL name(..)` runs.
pub(super) fn procedure<'s>(schema: &'s Schema, tokens: &[TokenWithSpan]) -> Option<&'s str> {
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
pub(super) fn call(schema: &Schema, tokens: &Tokens) -> Plan {
    let body = procedure(schema, tokens);
    let calls_others = calls_unknown(schema, tokens.get(2..).unwrap_or_default());
    match body.and_then(|body| effects(schema, body)) {
        Some(effects) if effects.is_empty() && !calls_others => {
            Plan::Read(ReadPlan::refused(Refusal::NotASelect))
        }
        Some(effects) if !calls_others => Plan::Write(WritePlan::of(effects)),
        _ => {
            let changes_session = body.is_none().then_some(Duration::Session);
            Plan::Write(WritePlan { ends_transaction: true, changes_session, ..everything() })
        }
    }
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
pub(in crate::sql) fn calls_unknown(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let is_relation = |name: &str| schema.relations_like(name).next().is_some();
    let unknown = called(tokens).any(|name| !may_be_called(schema, name) && !is_relation(name));
    unknown || qualifiers(tokens).next().is_some()
}

/// Whether the tokens of a body call, with the rights of others, what may be a stored function on this server that nobody
/// shows.
pub(in crate::sql) fn calls_hidden(tokens: &[TokenWithSpan]) -> bool {
    words_called(tokens).any(|(at, word)| is_on_some(&word.value) && !names_a_table(tokens, at))
}

/// The same of a view's definition, in which the server puts the names of stored functions between quotes, unless it was told
/// to show none (`sql_quote_show_create`): what is shown then has no name between quotes either.
pub(in crate::sql) fn shows_hidden(tokens: &[TokenWithSpan]) -> bool {
    if names_without_quotes(tokens) {
        return calls_hidden(tokens);
    }
    words_called(tokens).any(|(_, word)| word.quote_style.is_some() && is_on_some(&word.value))
}

/// Whether a column that is shown is named without quotes. In parentheses AS may stand before a type.
fn names_without_quotes(tokens: &[TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    tokens.windows(2).any(|window| {
        match &window[0].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_as = depth == 0 && tokens::first_word(&window[..1]) == "AS";
        is_as && matches!(&window[1].token, Token::Word(name) if name.quote_style.is_none())
    })
}

/// The names before a parenthesis that are no words of the language.
fn called(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    words_called(tokens).map(|(_, word)| word.value.as_str())
}

fn words_called(tokens: &[TokenWithSpan]) -> impl Iterator<Item = (usize, &Word)> {
    tokens.windows(2).enumerate().filter_map(|(at, window)| {
        let (Token::Word(word), Token::LParen) = (&window[0].token, &window[1].token) else { return None };
        let is_reserved = word.quote_style.is_none()
            && RESERVED.iter().any(|reserved| word.value.eq_ignore_ascii_case(reserved));
        (!is_reserved).then_some((at, word))
    })
}

/// Whether what stands here is the table of `INSERT INTO table (column)`.
fn names_a_table(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = tokens::first_word(&tokens[at.saturating_sub(1)..at]);
    BEFORE_TABLES.contains(&before.as_str())
}

/// Whether the tokens call a function of another database.
pub(super) fn calls_elsewhere(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    qualifiers(tokens).any(|database| !schema.looks_in(database))
}

/// The databases whose functions the tokens call, `database.function()`: stored ones may have the names of built-in
/// ones.
fn qualifiers(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    let windows = tokens.windows(4).enumerate();
    windows.filter_map(move |(at, window)| match [0, 1, 2, 3].map(|index| &window[index].token) {
        [Token::Word(database), Token::Period, Token::Word(_), Token::LParen]
            if !names_a_table(tokens, at) =>
        {
            Some(database.value.as_str())
        }
        _ => None,
    })
}

/// Words behind which an INSERT or REPLACE names its table.
pub(in crate::sql) const BEFORE_TABLES: &[&str] =
    &["INTO", "INSERT", "REPLACE", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY"];
