//! The body of a trigger or routine to its effects.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::calls::{calls_elsewhere, calls_hidden, calls_unknown, procedure};
use super::definitions::may_hide;
use super::settings::assigned;
use crate::schema::Schema;
use crate::sql::analyse::{statement, statements};
use crate::sql::plan::{Delete, Effect, Insert, Plan, Update};
use crate::sql::tokens::{self, Tokens};

/// What the body of a trigger or routine writes, whichever of its branches run; `None` if its text is not understood.
pub(in crate::sql) fn effects(schema: &Schema, text: &str) -> Option<Vec<Effect>> {
    let mut effects = Vec::new();
    let mut locals = Locals::default();
    for tokens in body(schema, text)? {
        let may_write = |tokens: &[TokenWithSpan]| calls_unknown(schema, tokens) || calls_hidden(tokens);
        let Some(tokens) = without_branches(tokens, may_write)? else { continue };
        if calls_hidden(&tokens) {
            return None;
        }
        match tokens::first_word(&tokens).as_str() {
            "" if tokens.is_empty() => {}
            "DECLARE" => {
                // A handler is a statement of its own, that may swallow any error.
                let words = tokens::words(&tokens);
                if words.iter().any(|word| word == "HANDLER") || calls_unknown(schema, &tokens) {
                    return None;
                }
                locals.declare(&tokens);
            }
            "SET" if sets_the_row(&tokens, &locals) && !calls_unknown(schema, &tokens) => {}
            "RETURN" if !calls_unknown(schema, &tokens[1..]) => {}
            "END" | "SIGNAL" | "RESIGNAL" | "LEAVE" | "ITERATE" | "OPEN" | "FETCH" | "CLOSE" => {}
            "SELECT" | "WITH" | "INSERT" | "REPLACE" | "UPDATE" | "DELETE" => {
                match statement(schema, &without_targets(tokens, &locals), "") {
                    Plan::Write(plan) => effects.extend(plan.effects),
                    Plan::Read(_) => {}
                    Plan::Control(_) | Plan::Setting(_) | Plan::Neutral => return None,
                }
            }
            _ => return None,
        }
    }
    // A local variable hides the column of its name, so that conditions are not what they seem.
    Some(if locals.0.is_empty() { effects } else { effects.into_iter().map(widened).collect() })
}

/// Whether the body of a trigger or routine may itself leave its session set otherwise, or a table of it hidden. What it
/// calls by names that are known is another question.
pub(super) fn may_set(schema: &Schema, text: &str) -> bool {
    const RUNS_OTHERS: [&str; 4] = ["CALL", "EXECUTE", "IMMEDIATE", "PREPARE"];
    const ASSIGN: [&str; 5] = ["INSERT", "LOAD", "REPLACE", "UPDATE", "WITH"];
    let Some(parts) = body(schema, text) else { return true };
    let mut locals = Locals::default();
    parts.into_iter().any(|tokens| {
        let tokens = without_branches(tokens, |condition| calls_elsewhere(schema, condition));
        let Some(tokens) = tokens.map(Option::unwrap_or_default) else { return true };
        if calls_elsewhere(schema, &tokens) {
            return true;
        }
        let words = tokens::words(&tokens);
        let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
        match words.first().map(String::as_str).unwrap_or_default() {
            "DECLARE" => {
                locals.declare(&tokens);
                has(&["SET"]) || has(&RUNS_OTHERS)
            }
            "SET" => !sets_the_row(&tokens, &locals),
            "CALL" => procedure(schema, &tokens).is_none(),
            first => {
                has(&RUNS_OTHERS) || has(&["SET"]) && !ASSIGN.contains(&first) || may_hide(schema, &tokens)
            }
        }
    })
}

/// The statements behind the first BEGIN.
fn body(schema: &Schema, text: &str) -> Option<Vec<Tokens>> {
    let mut body = statements(schema, text)?;
    let first = body.first_mut()?;
    let begin = tokens::position_of_word(first, "BEGIN")?;
    first.drain(..=begin);
    Some(body)
}

/// The variables of a body's own, by name.
#[derive(Default, Debug)]
struct Locals(Vec<String>);

impl Locals {
    /// Takes the names of `DECLARE a, b INT`.
    fn declare(&mut self, tokens: &[TokenWithSpan]) {
        for (index, token) in tokens.iter().enumerate().skip(1) {
            match &token.token {
                Token::Word(word) if index % 2 == 1 => self.0.push(word.value.clone()),
                Token::Comma if index % 2 == 0 => {}
                _ => return,
            }
        }
    }

    fn has(&self, token: &Token) -> bool {
        matches!(token, Token::Word(word) if self.0.iter().any(|name| name.eq_ignore_ascii_case(&word.value)))
    }
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

/// A SELECT without the variables that take what it finds.
fn without_targets(mut tokens: Tokens, locals: &Locals) -> Tokens {
    let words = tokens::words(&tokens);
    let selects = words.first().is_some_and(|word| word == "SELECT");
    if let (true, Some(into)) = (selects, words.iter().position(|word| word == "INTO")) {
        let is_target = |token: &Token| is_user_variable(token) || locals.has(token);
        let targets = tokens[into + 1..].iter().enumerate().take_while(|(index, token)| {
            if index % 2 == 0 { is_target(&token.token) } else { token.token == Token::Comma }
        });
        let count = targets.count();
        // An even number ends with a comma, behind which there is something else.
        if count % 2 == 1 {
            tokens.drain(into..=into + count);
        }
    }
    tokens
}

/// The statement that follows `IF .. THEN`, `ELSE`, `BEGIN` and the like; `Some(None)` if none does, `None` if a condition
/// may do more than to read.
fn without_branches(
    mut tokens: Tokens,
    may_do_more: impl Fn(&[TokenWithSpan]) -> bool,
) -> Option<Option<Tokens>> {
    loop {
        let end = match tokens::first_word(&tokens).as_str() {
            "BEGIN" | "ELSE" | "LOOP" | "REPEAT" => 0,
            "IF" | "ELSEIF" | "CASE" | "WHEN" => tokens::position_of_word(&tokens, "THEN")?,
            "WHILE" => tokens::position_of_word(&tokens, "DO")?,
            "UNTIL" => tokens.len().checked_sub(1)?,
            _ => return Some((!tokens.is_empty()).then_some(tokens)),
        };
        if may_do_more(&tokens[1..=end.max(1).min(tokens.len() - 1)]) && end > 0 {
            return None;
        }
        tokens.drain(..=end);
    }
}

/// Whether SET assigns to nothing but columns of NEW and variables.
fn sets_the_row(tokens: &[TokenWithSpan], locals: &Locals) -> bool {
    assigned(&tokens[1..]).all(|part| {
        let (Some(first), Some(second)) = (part.first(), part.get(1)) else { return false };
        let is_new = tokens::first_word(part) == "NEW" && second.token == Token::Period;
        is_new || is_user_variable(&first.token) || locals.has(&first.token) && is_assignment(&second.token)
    })
}

fn is_user_variable(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.value.starts_with('@') && !word.value.starts_with("@@"),
        _ => false,
    }
}

fn is_assignment(token: &Token) -> bool {
    matches!(token, Token::Eq | Token::Assignment)
}

#[cfg(test)]
mod tests {
    use crate::schema::{Column, Dialect, Schema, TableDefinition};
    use crate::sql::analyse::analyse;
    use crate::sql::plan::{Effect, Plan};
    use crate::sql::read_bodies;

    fn called(body: &str) -> Plan {
        let table =
            |name: &str| TableDefinition::new(name).column(Column::int("id")).column(Column::int("n"));
        let schema = Schema::new(Dialect::MySql, [table("t"), table("u")], []).unwrap();
        let mut routines = schema.routines().unwrap().clone();
        routines.add_procedure("p", format!("BEGIN DECLARE `given` INT; {body}; END"));
        analyse(&read_bodies(schema.with_routines(routines)), "CALL p(1)")
    }

    #[test]
    fn a_call_writes_what_the_body_does() {
        assert!(matches!(called("SELECT * FROM t"), Plan::Read(plan) if plan.refusal.is_some()));
        assert!(matches!(called("SELECT max(n) INTO given FROM t"), Plan::Read(_)));
        for body in [
            "UPDATE t SET n = given",
            "IF given > 0 THEN UPDATE t SET n = 1; END IF; SELECT max(n) INTO @found FROM u; SET given = 1",
            "BEGIN DECLARE a, b INT; SET a = 1, b = 2; INSERT INTO t VALUES (a, b); END",
        ] {
            let Plan::Write(plan) = called(body) else { panic!("{body}") };
            assert!(matches!(*plan.effects, [Effect::Table(_)]), "{body}: {plan:?}");
            assert!(plan.changes_session.is_none() && !plan.ends_transaction, "{body}");
        }
    }

    #[test]
    fn a_call_that_is_not_understood_writes_everything() {
        for (body, may_set) in [
            ("START TRANSACTION; UPDATE t SET n = 1; COMMIT", false),
            ("DECLARE EXIT HANDLER FOR SQLEXCEPTION ROLLBACK; UPDATE t SET n = 1", false),
            ("CREATE TEMPORARY TABLE found AS SELECT 1 AS a", false),
            ("CREATE TEMPORARY TABLE t (id INT)", true),
            ("IF given THEN CREATE TEMPORARY TABLE u (id INT); END IF", true),
            ("SET n = 1", true),
            ("DECLARE n INT; SET n = 1, time_zone = '+03:00'", true),
            ("IF 1 THEN SET time_zone = '+03:00'; END IF", true),
            ("DECLARE EXIT HANDLER FOR SQLEXCEPTION SET time_zone = '+03:00'; UPDATE t SET n = 1", true),
            ("CALL q()", true),
            ("EXECUTE IMMEDIATE given", true),
            ("IF given THEN UPDATE t SET n = 1; ELSE EXECUTE s; END IF", true),
        ] {
            let Plan::Write(plan) = called(body) else { panic!("{body}") };
            assert_eq!(*plan.effects, [Effect::Everything], "{body}");
            assert_eq!(plan.changes_session.is_some(), may_set, "{body}");
        }
    }
}
