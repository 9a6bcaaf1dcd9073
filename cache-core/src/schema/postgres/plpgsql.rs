//! The bodies of trigger functions, as far as they are simple: statements that write, IF, assignments to NEW.
//!
//! Whatever has variables, loops, EXECUTE or an exception handler is not read: it may do anything.

use std::collections::BTreeSet;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::catalog::TriggerRow;
use crate::mutation::{self, Mutation};

/// A body that is understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Body {
    /// Its statements, and its conditions as queries, for the calls in them.
    pub(super) statements: Vec<String>,
    pub(super) gives: Gives,
}

/// What a body gives to the row that fires it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Gives {
    Nothing,
    Columns(BTreeSet<String>),
}

impl Body {
    /// The body of a trigger's function; `None` if it is not understood.
    pub(super) fn of(row: &TriggerRow) -> Option<Self> {
        (row.language == "plpgsql" && row.plain).then(|| Self::read(&row.body))?
    }

    fn read(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut body = Self { statements: Vec::new(), gives: Gives::Nothing };
        let mut pieces: Vec<&[Token]> = tokens.split(|token| *token == Token::SemiColon).collect();
        while pieces.last().is_some_and(|piece| piece.is_empty()) {
            pieces.pop();
        }
        let (last, pieces) = pieces.split_last()?;
        if !is(last, 0, "END") || last.len() > 1 {
            return None;
        }
        for (index, piece) in pieces.iter().enumerate() {
            let piece = match index {
                0 if is(piece, 0, "BEGIN") => &piece[1..],
                0 => return None,
                _ => piece,
            };
            body.piece(piece)?;
        }
        Some(body)
    }

    /// One statement, and what stands before it of IFs.
    fn piece(&mut self, piece: &[Token]) -> Option<()> {
        let word = |word: &str| is(piece, 0, word);
        if piece.is_empty() || word("NULL") && piece.len() == 1 {
            Some(())
        } else if word("IF") || word("ELSIF") || word("ELSEIF") {
            let then = piece.iter().position(|token| is_word(token, "THEN"))?;
            self.statements.push(format!("SELECT {}", text(&piece[1..then])));
            self.piece(&piece[then + 1..])
        } else if word("ELSE") {
            self.piece(&piece[1..])
        } else if word("END") {
            (is(piece, 1, "IF") && piece.len() == 2).then_some(())
        } else if word("RETURN") {
            let returns = ["NEW", "OLD", "NULL"].iter().any(|what| is(piece, 1, what));
            (returns && piece.len() == 2).then_some(())
        } else if word("INSERT") || word("UPDATE") || word("DELETE") {
            self.statements.push(text(piece));
            // What it returns is given to something, which may be the row.
            let gives = piece.iter().any(|token| is_word(token, "RETURNING"));
            (!gives || mutation::is(Mutation::ReturnedIsGivenToNobody)).then_some(())
        } else if word("PERFORM") {
            self.statements.push(format!("SELECT {}", text(&piece[1..])));
            Some(())
        } else if word("RAISE") && piece.len() > 1 {
            self.statements.extend(raised(&piece[1..]));
            Some(())
        } else if word("NEW") {
            self.assignment(piece)
        } else {
            None
        }
    }

    /// `NEW.column := expression`
    fn assignment(&mut self, piece: &[Token]) -> Option<()> {
        let [_, Token::Period, Token::Word(column), Token::Assignment | Token::Eq, value @ ..] = piece else {
            return None;
        };
        let name = match column.quote_style {
            Some(_) => column.value.replace("\"\"", "\""),
            None => column.value.to_ascii_lowercase(),
        };
        self.statements.push(format!("SELECT {}", text(value)));
        match &mut self.gives {
            Gives::Columns(columns) => _ = columns.insert(name),
            gives => *gives = Gives::Columns([name].into()),
        }
        Some(())
    }
}

/// What RAISE computes, as queries: the values in its message, and its options, each of which reads as a comparison.
fn raised(tokens: &[Token]) -> Vec<String> {
    let using = tokens.iter().position(|token| is_word(token, "USING")).unwrap_or(tokens.len());
    let (message, options) = (&tokens[..using], &tokens[(using + 1).min(tokens.len())..]);
    let message =
        message.iter().position(|token| *token == Token::Comma).map_or(&[][..], |at| &message[at + 1..]);
    [message, options]
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| format!("SELECT {}", text(part)))
        .collect()
}

fn is(tokens: &[Token], index: usize, word: &str) -> bool {
    tokens.get(index).is_some_and(|token| is_word(token, word))
}

pub(super) fn is_word(token: &Token, expected: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(expected))
}

/// The tokens of a text without white space and comments, which [`text`] writes as they were; `None` if it could not.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let unescapes = mutation::is(Mutation::DoubledQuotesAreSingle);
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).with_unescape(unescapes).tokenize().ok()?;
    // These lose their escapes all the same.
    let is_changed =
        |token: &Token| matches!(token, Token::EscapedStringLiteral(_) | Token::UnicodeStringLiteral(_));
    let is_white = |token: &Token| matches!(token, Token::Whitespace(_));
    (!tokens.iter().any(is_changed)).then(|| tokens.into_iter().filter(|token| !is_white(token)).collect())
}

/// The text of tokens.
pub(super) fn text(tokens: &[Token]) -> String {
    tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simple_body_is_its_statements() {
        let body = Body::read(
            "BEGIN
               IF NEW.a IS DISTINCT FROM OLD.a THEN -- why
                 INSERT INTO log (n) VALUES (NEW.id);
               ELSE UPDATE log SET n = 1 WHERE n = OLD.id;
               END IF;
               NEW.changed = now();
               RETURN NEW;
             END;",
        );
        let body = body.unwrap();
        assert_eq!(body.statements.len(), 4);
        assert_eq!(body.statements[1], "INSERT INTO log ( n ) VALUES ( NEW . id )");
        assert_eq!(body.gives, Gives::Columns(["changed".to_owned()].into()));
    }

    #[test]
    fn what_is_raised_is_computed() {
        let body = Body::read(
            "BEGIN IF NEW.n < 0 THEN RAISE EXCEPTION 'bad %, %', NEW.n, f(NEW.n) USING HINT = g(1), ERRCODE = 'x'; END IF;
             RAISE unique_violation; RETURN NEW; END",
        )
        .unwrap();
        let expected =
            ["SELECT NEW . n < 0", "SELECT NEW . n , f ( NEW . n )", "SELECT HINT = g ( 1 ) , ERRCODE = 'x'"];
        assert_eq!(body.statements, expected);
    }

    #[test]
    fn quotes_stay_as_they_were() {
        let body = Body::read(
            "BEGIN INSERT INTO log VALUES ('it''s'); NEW.\"a\"\"b\" := $x$it's$x$; RETURN NEW; END",
        )
        .unwrap();
        assert_eq!(body.statements, ["INSERT INTO log VALUES ( 'it''s' )", "SELECT $x$it's$x$"]);
        assert_eq!(body.gives, Gives::Columns(["a\"b".to_owned()].into()));
    }

    #[test]
    fn what_is_not_simple_is_not_read() {
        for body in [
            "DECLARE x int; BEGIN RETURN NEW; END",
            "BEGIN FOR r IN SELECT 1 LOOP DELETE FROM t; END LOOP; RETURN NEW; END",
            "BEGIN EXECUTE 'DELETE FROM t'; RETURN NEW; END",
            "BEGIN SELECT 1 INTO NEW.a; RETURN NEW; END",
            "BEGIN NEW := OLD; RETURN NEW; END",
            "BEGIN RETURN (SELECT f()); END",
            "BEGIN DELETE FROM t; EXCEPTION WHEN others THEN RETURN NULL; END",
            "<<a>> BEGIN RETURN NEW; END",
            "BEGIN BEGIN DELETE FROM t; END; RETURN NEW; END",
            "BEGIN INSERT INTO t (n) VALUES (1) RETURNING id INTO NEW.a; RETURN NEW; END",
            r"BEGIN INSERT INTO t (n) VALUES (E'it\'s'); RETURN NEW; END",
            "",
        ] {
            assert_eq!(Body::read(body), None, "{body}");
        }
    }
}
