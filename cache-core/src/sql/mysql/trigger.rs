//! The body of a trigger to its effects.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{assigned, calls_unknown};
use crate::schema::Schema;
use crate::sql::analyse::{statement, statements};
use crate::sql::plan::{Delete, Effect, Insert, Plan, Update};
use crate::sql::tokens::{self, Tokens};

/// What the body of a trigger writes, whichever of its branches run; `None` if its text is not understood.
pub(in crate::sql) fn effects(schema: &Schema, text: &str) -> Option<Vec<Effect>> {
    let mut body = statements(schema, text)?;
    let first = body.first_mut()?;
    let begin = tokens::position_of_word(first, "BEGIN")?;
    first.drain(..=begin);
    let mut effects = Vec::new();
    let mut locals = Locals::None;
    for tokens in body {
        let Some(tokens) = without_branches(schema, tokens)? else { continue };
        match tokens::first_word(&tokens).as_str() {
            "" if tokens.is_empty() => {}
            "DECLARE" => {
                // A handler is a statement of its own, that may swallow any error.
                let words = tokens::words(&tokens);
                if words.iter().any(|word| word == "HANDLER") || calls_unknown(schema, &tokens) {
                    return None;
                }
                locals = Locals::Some;
            }
            "SET" if sets_the_row(&tokens, locals) && !calls_unknown(schema, &tokens) => {}
            "END" | "SIGNAL" | "RESIGNAL" | "LEAVE" | "ITERATE" | "OPEN" | "FETCH" | "CLOSE" => {}
            "SELECT" | "WITH" | "INSERT" | "REPLACE" | "UPDATE" | "DELETE" => {
                match statement(schema, &tokens, 0) {
                    Plan::Write(plan) => effects.extend(plan.effects),
                    Plan::Read(_) => {}
                    Plan::Control(_) | Plan::Setting(_) | Plan::Neutral => return None,
                }
            }
            _ => return None,
        }
    }
    // A local variable hides the column of its name, so that conditions are not what they seem.
    Some(match locals {
        Locals::None => effects,
        Locals::Some => effects.into_iter().map(widened).collect(),
    })
}

/// Whether the body has variables of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Locals {
    None,
    Some,
}

fn widened(effect: Effect) -> Effect {
    match effect {
        Effect::Insert(Insert { table, .. })
        | Effect::Update(Update { table, .. })
        | Effect::Delete(Delete { table, .. })
        | Effect::Table(table) => Effect::Table(table),
        Effect::Everything => Effect::Everything,
    }
}

/// The statement that follows `IF .. THEN`, `ELSE`, `BEGIN` and the like; `Some(None)` if none does, `None` if a condition may
/// write.
fn without_branches(schema: &Schema, mut tokens: Tokens) -> Option<Option<Tokens>> {
    loop {
        let end = match tokens::first_word(&tokens).as_str() {
            "BEGIN" | "ELSE" | "LOOP" | "REPEAT" => 0,
            "IF" | "ELSEIF" | "CASE" | "WHEN" => tokens::position_of_word(&tokens, "THEN")?,
            "WHILE" => tokens::position_of_word(&tokens, "DO")?,
            "UNTIL" => tokens.len().checked_sub(1)?,
            _ => return Some((!tokens.is_empty()).then_some(tokens)),
        };
        if calls_unknown(schema, &tokens[1..=end.max(1).min(tokens.len() - 1)]) && end > 0 {
            return None;
        }
        tokens.drain(..=end);
    }
}

/// Whether SET assigns to nothing but columns of NEW and variables.
fn sets_the_row(tokens: &[TokenWithSpan], locals: Locals) -> bool {
    assigned(&tokens[1..]).all(|part| {
        let words = tokens::words(part);
        let first = words.first().map(String::as_str).unwrap_or_default();
        let is_new = first == "NEW" && part.get(1).is_some_and(|token| token.token == Token::Period);
        let is_user_variable = first.starts_with('@') && !first.starts_with("@@");
        let is_local = locals == Locals::Some && part.get(1).is_some_and(|token| is_assignment(&token.token));
        is_new || is_user_variable || is_local
    })
}

fn is_assignment(token: &Token) -> bool {
    matches!(token, Token::Eq | Token::Assignment)
}
