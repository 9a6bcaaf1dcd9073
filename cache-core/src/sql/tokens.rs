//! One text as tokens: what can be said without trusting the parser.

use sqlparser::dialect::{Dialect as Syntax, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::plan::Control;
use crate::schema::Dialect;

/// The tokens of one statement, white space and comments left out.
pub(super) type Tokens = Vec<TokenWithSpan>;

pub(super) fn syntax(dialect: Dialect) -> Box<dyn Syntax> {
    match dialect {
        Dialect::Sqlite => Box::new(SQLiteDialect {}),
        Dialect::Postgres => Box::new(PostgreSqlDialect {}),
        Dialect::MySql => Box::new(MySqlDialect {}),
    }
}

/// The statements of a text. `?` becomes `?1`, `?2`, ... in the order of the text, which is not the order in
/// which the parser meets them.
pub(super) fn statements(dialect: Dialect, sql: &str) -> Option<Vec<Tokens>> {
    let syntax = syntax(dialect);
    let tokens = Tokenizer::new(&*syntax, sql).tokenize_with_location().ok()?;
    let mut statements = vec![Tokens::new()];
    for token in tokens {
        match &token.token {
            Token::Whitespace(
                Whitespace::Space
                | Whitespace::Newline
                | Whitespace::Tab
                | Whitespace::SingleLineComment { .. },
            ) => continue,
            Token::Whitespace(Whitespace::MultiLineComment(_)) => continue,
            Token::SemiColon => {
                statements.push(Tokens::new());
                continue;
            }
            _ => {}
        }
        if let Some(statement) = statements.last_mut() {
            statement.push(token);
        }
    }
    statements.retain(|statement| !statement.is_empty());
    if dialect == Dialect::Postgres {
        // `U&"\0061rticle"` is a name that is not spelled here.
        if statements.iter().any(|tokens| escapes_a_name(tokens)) {
            return None;
        }
        statements.iter_mut().for_each(drop_only);
    }
    let are_certain = dialect != Dialect::Sqlite || numbers_are_certain(&statements);
    let mut number = 0;
    for token in statements.iter_mut().flatten() {
        if let Token::Placeholder(name) = &mut token.token {
            if !are_certain {
                *name = UNNUMBERED.to_owned();
            } else if name == UNNUMBERED {
                number += 1;
                *name = format!("?{number}");
            }
        }
    }
    Some(statements)
}

/// Whether a text ends neither within a string or name nor within a comment.
pub(super) fn ends_between(dialect: Dialect, sql: &str) -> bool {
    let syntax = syntax(dialect);
    let tokens = Tokenizer::new(&*syntax, sql).tokenize();
    let in_a_line = |token: &Token| matches!(token, Token::Whitespace(Whitespace::SingleLineComment { .. }));
    tokens.is_ok_and(|tokens| !tokens.last().is_some_and(in_a_line))
}

fn escapes_a_name(tokens: &[TokenWithSpan]) -> bool {
    tokens.windows(3).any(|window| {
        let quoted = word(&window[2].token).is_some_and(|word| word.quote_style.is_some());
        let is_u = word(&window[0].token).is_some_and(|word| word.value.eq_ignore_ascii_case("u"));
        is_u && window[1].token == Token::Ampersand && quoted
    })
}

/// Leaves out the word ONLY before the name of a table: without its children a table has fewer rows, and what
/// concerns more of them concerns these. The parser takes the word for a name.
fn drop_only(tokens: &mut Tokens) {
    let words = keywords(tokens);
    let mut index = 0_usize;
    tokens.retain(|_| {
        index += 1;
        let before = words.get(index.wrapping_sub(2)).map(String::as_str);
        let names_a_table =
            matches!(before, Some("FROM" | "UPDATE" | "JOIN" | "INTO" | "USING" | "TRUNCATE" | "TABLE"));
        !(words[index - 1] == "ONLY" && names_a_table)
    });
}

/// A placeholder of which nobody knows which value it takes.
const UNNUMBERED: &str = "?";

/// Whether every driver of SQLite gives each placeholder the value of its number. SQLite numbers `?` after the
/// greatest number so far, names (`:a`, `@a`, and `$1` is one) as they come, and each statement anew; drivers
/// that know better count in their own ways.
fn numbers_are_certain(statements: &[Tokens]) -> bool {
    let tokens = || statements.iter().flatten().map(|token| &token.token);
    let placeholders = || {
        tokens().filter_map(|token| match token {
            Token::Placeholder(name) => Some(name.as_str()),
            _ => None,
        })
    };
    let bare = placeholders().filter(|name| *name == UNNUMBERED).count();
    let dollars: Vec<&str> = placeholders().filter(|name| name.starts_with('$')).collect();
    let names = tokens().any(|token| matches!(token, Token::Colon | Token::AtSign));
    if placeholders().next().is_none() {
        return true;
    }
    if statements.len() > 1 {
        return false;
    }
    if dollars.is_empty() {
        return bare == 0 || bare == placeholders().count() && !names;
    }
    let mut seen = 0;
    let mut come_in_order = dollars.iter().map(|name| match placeholder(name) {
        Some(index) if index <= seen => {
            seen = seen.max(index + 1);
            true
        }
        _ => false,
    });
    dollars.len() == placeholders().count() && !names && come_in_order.all(|in_order| in_order)
}

/// The number of a placeholder, from 0: `?3`, `$3`. `:3` and `@3` are names.
pub(super) fn placeholder(name: &str) -> Option<usize> {
    name.strip_prefix(['?', '$'])?.parse::<usize>().ok()?.checked_sub(1)
}

fn word(token: &Token) -> Option<&Word> {
    match token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

/// The unquoted words among the tokens, upper case; `""` for everything else, so that neighbours stay
/// neighbours.
fn keywords(tokens: &[TokenWithSpan]) -> Vec<String> {
    tokens
        .iter()
        .map(|token| match word(&token.token) {
            Some(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            _ => String::new(),
        })
        .collect()
}

/// The first word of a statement, upper case.
pub(super) fn first_word(tokens: &[TokenWithSpan]) -> String {
    keywords(&tokens[..tokens.len().min(1)]).pop().unwrap_or_default()
}

/// Transaction control is told from the words alone: the parser fails on many of its forms.
pub(super) fn control(tokens: &[TokenWithSpan]) -> Option<Control> {
    // No form that is told apart has more words; longer ones are none of them.
    let words = keywords(&tokens[..tokens.len().min(6)]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let last = || tokens.last().and_then(|token| name(&token.token)).map(str::to_ascii_lowercase);
    let named = |control: fn(String) -> Control| last().map_or(Control::Other, control);
    Some(match words.as_slice() {
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Control::Begin,
        ["SAVEPOINT", _] => named(Control::Savepoint),
        ["COMMIT" | "END"] | ["COMMIT" | "END", "TRANSACTION" | "WORK"] => Control::Commit,
        ["COMMIT" | "END", "AND", "CHAIN"] | ["COMMIT" | "END", "TRANSACTION" | "WORK", "AND", "CHAIN"] => {
            Control::CommitAndChain
        }
        ["ROLLBACK" | "ABORT"] | ["ROLLBACK" | "ABORT", "TRANSACTION" | "WORK"] => Control::Rollback,
        ["RELEASE", _] | ["RELEASE", "SAVEPOINT", _] => named(Control::Release),
        ["ROLLBACK", "TO", _]
        | ["ROLLBACK", "TO", "SAVEPOINT", _]
        | ["ROLLBACK", "TRANSACTION" | "WORK", "TO", _]
        | ["ROLLBACK", "TRANSACTION" | "WORK", "TO", "SAVEPOINT", _] => named(Control::RollbackTo),
        ["SAVEPOINT" | "COMMIT" | "END" | "ROLLBACK" | "RELEASE" | "ABORT", ..]
        | ["PREPARE", "TRANSACTION", ..] => Control::Other,
        _ => return None,
    })
}

/// How many verbs that write the tokens hold. More than the parser found writes means that it did not
/// understand the text.
pub(super) fn write_verbs(tokens: &[TokenWithSpan]) -> usize {
    places_of_verbs(tokens).len()
}

/// Where these verbs stand.
pub(super) fn places_of_verbs(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let words = keywords(tokens);
    let previous = |index: usize| if index == 0 { "" } else { words[index - 1].as_str() };
    let opens = |index: usize| tokens.get(index + 1).is_some_and(|token| token.token == Token::LParen);
    words
        .iter()
        .enumerate()
        .filter(|(index, word)| match word.as_str() {
            "UPDATE" => !matches!(previous(*index), "DO" | "FOR" | "ON" | "KEY"),
            "DELETE" => !matches!(previous(*index), "ON"),
            "REPLACE" => previous(*index) != "OR" && !opens(*index),
            "INSERT" => !opens(*index),
            "TRUNCATE" => !opens(*index),
            "MERGE" | "COPY" => true,
            _ => false,
        })
        .map(|(index, _)| index)
        .collect()
}

/// Verbs that change the schema, as the first word of a statement.
pub(super) fn changes_schema(first_word: &str) -> bool {
    matches!(first_word, "CREATE" | "ALTER" | "DROP" | "ATTACH" | "DETACH" | "RENAME")
}

/// Statements that neither read nor write data, by their first word.
pub(super) fn is_neutral(tokens: &[TokenWithSpan]) -> bool {
    match first_word(tokens).as_str() {
        // VACUUM may number the rows of a table anew.
        "ANALYZE" | "REINDEX" | "SHOW" | "DESCRIBE" | "EXPLAIN" => write_verbs(tokens) == 0,
        "PRAGMA" => !sets_pragma(tokens),
        _ => false,
    }
}

/// Whether a PRAGMA may set something: it is given a value, and is not one whose value says what to show.
fn sets_pragma(tokens: &[TokenWithSpan]) -> bool {
    const SHOW: [&str; 10] = [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "foreign_key_check",
        "integrity_check",
        "quick_check",
    ];
    /// Whatever they are given, results are the same.
    const HARMLESS: [&str; 14] = [
        "analysis_limit",
        "busy_timeout",
        "cache_size",
        "cache_spill",
        "hard_heap_limit",
        "incremental_vacuum",
        "journal_size_limit",
        "mmap_size",
        "optimize",
        "soft_heap_limit",
        "synchronous",
        "threads",
        "wal_autocheckpoint",
        "wal_checkpoint",
    ];
    let is_qualified = tokens.get(2).is_some_and(|token| token.token == Token::Period);
    let pragma = tokens.get(if is_qualified { 3 } else { 1 }).and_then(|token| name(&token.token));
    if pragma.is_some_and(|pragma| HARMLESS.iter().any(|harmless| pragma.eq_ignore_ascii_case(harmless))) {
        return false;
    }
    let is_given = tokens.iter().any(|token| matches!(token.token, Token::Eq | Token::LParen));
    let shows = names(tokens).any(|name| SHOW.iter().any(|shown| name.eq_ignore_ascii_case(shown)));
    is_given && !shows
}

/// Whether a PRAGMA that sets something decides what the same text returns.
pub(super) fn changes_results(tokens: &[TokenWithSpan]) -> bool {
    const DECIDE: [&str; 3] = ["case_sensitive_like", "reverse_unordered_selects", "read_uncommitted"];
    names(tokens).any(|name| DECIDE.iter().any(|decides| name.eq_ignore_ascii_case(decides)))
}

/// Every name among the tokens, as it stands.
pub(super) fn names(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| name(&token.token))
}

/// What may stand for a name: SQLite takes a text in single quotes for one where no text may stand.
fn name(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) => Some(&word.value),
        Token::SingleQuotedString(text) => Some(text),
        _ => None,
    }
}

/// Every name among the tokens that stands before a parenthesis and is no keyword: whatever may be a call.
pub(super) fn calls(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    tokens.iter().enumerate().filter_map(|(index, token)| {
        let word = word(&token.token).filter(|word| word.keyword == Keyword::NoKeyword)?;
        let opens = tokens.get(index + 1).is_some_and(|token| token.token == Token::LParen);
        let is_name = names_a_relation(&tokens[..index]) || names_an_expression(&tokens[index + 1..]);
        (opens && !is_name).then_some(word.value.as_str())
    })
}

/// Every name among the tokens that may be a call, in either notation of PostgreSQL: `f(a)` and `a.f`.
pub(super) fn possible_calls(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    tokens.iter().enumerate().filter_map(|(index, token)| {
        let word = word(&token.token)?;
        let opens = tokens.get(index + 1).is_some_and(|token| token.token == Token::LParen);
        let follows = index > 0 && tokens[index - 1].token == Token::Period;
        (opens || follows).then_some(word.value.as_str())
    })
}

/// The unquoted words among the tokens, upper case.
pub(super) fn words(tokens: &[TokenWithSpan]) -> Vec<String> {
    keywords(tokens)
}

/// Whether a name is given to what stands in parentheses before it: `(VALUES (1)) AS v (id)`.
fn names_a_relation(before: &[TokenWithSpan]) -> bool {
    let before = match before {
        [before @ .., last] if word(&last.token).is_some_and(|word| word.keyword == Keyword::AS) => before,
        _ => before,
    };
    before.last().is_some_and(|token| token.token == Token::RParen)
}

/// Whether a parenthesis holds the column names of a common table expression: `x (a, b) AS (..)`.
fn names_an_expression(tokens: &[TokenWithSpan]) -> bool {
    let Some(end) = tokens.iter().position(|token| token.token == Token::RParen) else { return false };
    let words = keywords(&tokens[end..tokens.len().min(end + 3)]);
    let second = words.get(2).map(String::as_str);
    let opens = tokens.get(end + 2).is_some_and(|token| token.token == Token::LParen);
    words.get(1).is_some_and(|word| word == "AS") && (opens || matches!(second, Some("NOT" | "MATERIALIZED")))
}

/// The place of the first of these unquoted words that stands in no parentheses.
pub(super) fn position_outside(tokens: &[TokenWithSpan], names: &[&str]) -> Option<usize> {
    let mut depth = 0_usize;
    keywords(tokens).iter().zip(tokens).position(|(word, token)| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && names.contains(&word.as_str())
    })
}

/// The place of the first unquoted word of this name.
pub(super) fn position_of_word(tokens: &[TokenWithSpan], name: &str) -> Option<usize> {
    keywords(tokens).iter().position(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sql: &str) -> Tokens {
        statements(Dialect::Sqlite, sql).unwrap().pop().unwrap()
    }

    #[test]
    fn transaction_control_is_told_from_tokens() {
        let named = |name: &str| name.to_owned();
        let cases = [
            ("BEGIN IMMEDIATE", Control::Begin),
            ("begin -- x\n READ ONLY DEFERRABLE", Control::Begin),
            ("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE", Control::Begin),
            ("START TRANSACTION", Control::Begin),
            ("SAVEPOINT a", Control::Savepoint(named("a"))),
            ("end", Control::Commit),
            ("COMMIT WORK", Control::Commit),
            ("COMMIT AND CHAIN", Control::CommitAndChain),
            ("end work and chain", Control::CommitAndChain),
            ("COMMIT WORK AND CHAIN NO RELEASE", Control::Other),
            ("COMMIT AND NO CHAIN", Control::Other),
            ("COMMIT PREPARED 'x'", Control::Other),
            ("PREPARE TRANSACTION 'x'", Control::Other),
            ("/* x */ RELEASE \"A\"", Control::Release(named("a"))),
            ("RELEASE SAVEPOINT a", Control::Release(named("a"))),
            ("rollback", Control::Rollback),
            ("ROLLBACK TRANSACTION", Control::Rollback),
            ("ROLLBACK TO a", Control::RollbackTo(named("a"))),
            ("ROLLBACK TRANSACTION TO SAVEPOINT 'a'", Control::RollbackTo(named("a"))),
            ("ROLLBACK AND NO CHAIN", Control::Other),
        ];
        for (sql, expected) in cases {
            assert_eq!(control(&one(sql)), Some(expected), "{sql}");
        }
        assert_eq!(control(&one("SELECT 1")), None);
    }

    #[test]
    fn placeholders_are_numbered_in_text_order() {
        let tokens = one("SELECT ?, a FROM t WHERE b = ? LIMIT ?");
        let numbers: Vec<String> = tokens
            .iter()
            .filter_map(|token| match &token.token {
                Token::Placeholder(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(numbers, ["?1", "?2", "?3"]);
    }

    #[test]
    fn mixed_placeholders_have_no_numbers() {
        for token in one("SELECT a FROM t WHERE b = ?2 AND c = ?") {
            if let Token::Placeholder(name) = &token.token {
                assert_eq!(placeholder(name), None);
            }
        }
    }

    #[test]
    fn write_verbs_are_counted_and_clauses_are_not() {
        assert_eq!(write_verbs(&one("INSERT OR REPLACE INTO t VALUES (replace('a','b','c'))")), 1);
        assert_eq!(write_verbs(&one("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1")), 1);
        assert_eq!(write_verbs(&one("SELECT \"delete\" FROM t FOR UPDATE")), 0);
        assert_eq!(write_verbs(&one("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x")), 1);
    }
}
