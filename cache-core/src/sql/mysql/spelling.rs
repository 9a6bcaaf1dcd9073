//! Quotes, backslashes, and comments that are run.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::comments;
use crate::schema::{Backslash, DoubleQuotes, Schema};
use crate::sql::tokens::Tokens;

/// Makes of the tokens of a text what the connection's `sql_mode` makes of them; `None` if the text may mean something
/// else than its tokens say.
pub(in crate::sql) fn respell(schema: &Schema, sql: &str, statements: &mut [Tokens]) -> Option<()> {
    // What hints may set.
    let sets = sql.contains("/*+") && sql.to_ascii_uppercase().contains("SET_VAR");
    let (quotes, backslash) = schema.spelling();
    let escapes = sql.contains('\\');
    if comments::may_be_run(sql) || sets || escapes && backslash == Backslash::Plain {
        return None;
    }
    for token in statements.iter_mut().flatten() {
        let text = match &mut token.token {
            Token::DoubleQuotedString(name) if quotes == DoubleQuotes::Names => {
                let (value, keyword) = (std::mem::take(name), Keyword::NoKeyword);
                token.token = Token::Word(Word { value, quote_style: Some('`'), keyword });
                continue;
            }
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => std::mem::take(text),
            _ => continue,
        };
        // The tokenizer's escapes are not quite MySQL's: such a text is one of unknown value.
        token.token =
            if escapes { Token::NationalStringLiteral(text) } else { Token::SingleQuotedString(text) };
    }
    Some(())
}
