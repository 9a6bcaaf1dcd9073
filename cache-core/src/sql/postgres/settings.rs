//! What sets what later statements mean, and which settings do not.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::schema::Schema;
use crate::schema::postgres::{called, holds, runs_texts, sets as said};
use crate::sql::functions::may_be_called;
use crate::sql::plan::{Duration, Plan};
use crate::sql::tokens::{self, Tokens};

/// The plan of a SET or RESET.
pub(super) fn setting(tokens: &Tokens) -> Plan {
    let words = tokens::words(&tokens[..tokens.len().min(4)]);
    let (made_for, at) = match words.get(1).map(String::as_str) {
        Some("LOCAL") => (Duration::Transaction, 2),
        Some("SESSION") => (Duration::Session, 2),
        _ => (Duration::Session, 1),
    };
    plan(holds(&name(tokens.get(at..).unwrap_or_default()), made_for))
}

/// The name of a setting and all of its parts, in lower case.
fn name(tokens: &[TokenWithSpan]) -> String {
    let parts = tokens.iter().map_while(|token| match &token.token {
        Token::Word(word) => Some(word.value.to_ascii_lowercase()),
        Token::Period => Some(".".to_owned()),
        _ => None,
    });
    let mut name = String::new();
    for part in parts {
        // What stands behind it is a value: `ROLE none`.
        if part != "." && !name.is_empty() && !name.ends_with('.') {
            break;
        }
        name.push_str(&part);
    }
    name
}

fn plan(held: Option<Duration>) -> Plan {
    held.map_or(Plan::Neutral, Plan::Setting)
}

/// The plan of a SELECT that does nothing but call `set_config`; none if it does more.
pub(super) fn configuring(schema: &Schema, tokens: &Tokens) -> Option<Plan> {
    let words = tokens::words(tokens);
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let is_plain = !has(&["INTO", "WITH", "UNION", "TABLE"])
        && tokens::write_verbs(tokens) == 0
        && !reads_relations(tokens, &words);
    let mut others = tokens::possible_calls(tokens).filter(|name| !name.eq_ignore_ascii_case("set_config"));
    let checks = || tokens::names(tokens).any(|name| schema.routines().is_some_and(|all| all.checks(name)));
    let does_more = !is_plain || others.any(|name| !may_be_called(schema, name)) || checks();
    let calls = || tokens.iter().any(is_set_config);
    // One that the application has made is called by its own definition, as that reads.
    let is_own = || schema.routines().is_some_and(|all| all.sets("set_config").is_some());
    (!does_more && calls() && !is_own()).then(|| plan(configured(tokens)))
}

/// Whether a SELECT names relations: FROM in parentheses is a word of a call, `extract(epoch FROM ..)`, if nothing is selected
/// there.
fn reads_relations(tokens: &[TokenWithSpan], words: &[String]) -> bool {
    let mut depth = 0_usize;
    let is_clause = |token: &TokenWithSpan| {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Word(word) => return depth == 0 && word.value.eq_ignore_ascii_case("FROM"),
            _ => {}
        }
        false
    };
    words.iter().filter(|word| *word == "SELECT").count() > 1 || tokens.iter().any(is_clause)
}

/// How long later statements may mean something else because of what the tokens set, by themselves, in a block of DO or in
/// a routine that they call.
pub(super) fn sets(schema: &Schema, tokens: &Tokens) -> Option<Duration> {
    let routine_sets = |name: &str| schema.routines()?.sets(name);
    let is_relation = |word: &str| schema.relations_like(word).next().is_some();
    let in_block = |block: &str| {
        if !is_of_plpgsql(tokens) || runs_texts(block) {
            return Some(Duration::Session);
        }
        let block = block.to_ascii_lowercase();
        said(&block, is_relation).max(called(&block).filter_map(routine_sets).max())
    };
    let calls = tokens::possible_calls(tokens).filter_map(routine_sets).max();
    calls.max(configured(tokens)).max(blocks(tokens).filter_map(in_block).max())
}

/// Whether a block of DO may change the schema. A routine that does so itself is seen within a second.
pub(super) fn defines(tokens: &Tokens) -> bool {
    const SIGNS: [&str; 4] = ["create", "alter", "drop", "execute"];
    blocks(tokens).any(|block| {
        let block = block.to_ascii_lowercase();
        SIGNS.iter().any(|sign| block.contains(sign))
    })
}

/// Whether a DO is of the language that is its own if it names none.
fn is_of_plpgsql(tokens: &Tokens) -> bool {
    let words = tokens::words(tokens);
    words.iter().position(|word| word == "LANGUAGE").is_none_or(|at| {
        tokens::names(&tokens[at..]).nth(1).is_some_and(|name| name.eq_ignore_ascii_case("plpgsql"))
    })
}

/// The texts that DO runs.
fn blocks(tokens: &Tokens) -> impl Iterator<Item = &str> {
    let is_block = tokens::first_word(tokens) == "DO";
    tokens.iter().filter(move |_| is_block).filter_map(|token| match &token.token {
        Token::DollarQuotedString(block) => Some(block.value.as_str()),
        Token::SingleQuotedString(block) | Token::EscapedStringLiteral(block) => Some(block.as_str()),
        _ => None,
    })
}

/// How long the calls of `set_config` among the tokens hold, as far as their arguments say.
fn configured(tokens: &[TokenWithSpan]) -> Option<Duration> {
    let calls = tokens.iter().enumerate().filter(|(_, token)| is_set_config(token));
    let held = calls.map(|(at, _)| match arguments(&tokens[at + 1..]).as_deref() {
        Some([name, _, is_local]) => {
            let made_for = match tokens::words(is_local).as_slice() {
                [word] if word == "TRUE" => Duration::Transaction,
                _ => Duration::Session,
            };
            match name {
                [TokenWithSpan { token: Token::SingleQuotedString(name), .. }] => {
                    holds(&name.to_ascii_lowercase(), made_for)
                }
                _ => Some(made_for),
            }
        }
        _ => Some(Duration::Session),
    });
    held.max().flatten()
}

fn is_set_config(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case("set_config"))
}

/// The arguments in the parentheses that the tokens begin with.
fn arguments(tokens: &[TokenWithSpan]) -> Option<Vec<&[TokenWithSpan]>> {
    let mut depth = 0_usize;
    let mut last = 1;
    let mut all = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            _ if depth == 0 => return None,
            Token::RParen if depth == 1 => {
                all.push(&tokens[last..at]);
                return Some(all);
            }
            Token::RParen => depth -= 1,
            Token::Comma if depth == 1 => {
                all.push(&tokens[last..at]);
                last = at + 1;
            }
            _ => {}
        }
    }
    None
}
