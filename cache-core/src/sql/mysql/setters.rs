//! Through which names a statement may leave its session set otherwise, or a table of it hidden.
//!
//! The server puts back little of what a function or trigger sets, and nothing of what a procedure does.

use std::collections::BTreeSet;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::body::may_set;
use super::calls::calls_elsewhere;
use super::compound::defines_a_body;
use crate::schema::mysql::NOT_SHOWN;
use crate::schema::{ReferentialAction, Schema};
use crate::sql::analyse::statements;
use crate::sql::tokens;

/// What stands behind a name.
struct Behind {
    name: String,
    /// Every name in its text; `None` if it sets something itself, or nobody knows.
    names: Option<BTreeSet<String>>,
}

/// Whether a statement may do so by what it names: a routine, a table with such a trigger, a view with such a call.
pub(in crate::sql) fn sets(schema: &Schema, tokens: &[TokenWithSpan]) -> bool {
    let Some(routines) = schema.routines() else { return false };
    // Of what is defined, only a table that is made of a query runs anything.
    let has = |word| tokens::position_of_word(tokens, word).is_some();
    let only_defines = tokens::changes_schema(&tokens::first_word(tokens))
        && (defines_a_body(tokens) || !has("TABLE") || !has("SELECT"));
    let names_a_setter = || words(tokens).any(|name| routines.sets(name).is_some());
    !only_defines && (names_a_setter() || calls_elsewhere(schema, tokens))
}

/// The names, in lower case, of the routines, tables and views by which a statement may do so: those whose text does,
/// and those whose text names such.
pub(in crate::sql) fn setters(schema: &Schema) -> BTreeSet<String> {
    let mut all = all(schema);
    let mut setters = BTreeSet::new();
    loop {
        let (found, others): (Vec<Behind>, Vec<Behind>) = all
            .into_iter()
            .partition(|behind| behind.names.as_ref().is_none_or(|names| !names.is_disjoint(&setters)));
        if found.is_empty() {
            return setters;
        }
        setters.extend(found.into_iter().map(|behind| behind.name));
        all = others;
    }
}

fn all(schema: &Schema) -> Vec<Behind> {
    let behind = |name: &str, names| Behind { name: name.to_ascii_lowercase(), names };
    let body =
        |name: &str, text: &str| behind(name, if may_set(schema, text) { None } else { names(schema, text) });
    let mut all = Vec::new();
    if let Some(routines) = schema.routines() {
        let functions =
            routines.bodies().flat_map(|(name, bodies)| bodies.iter().map(move |text| (name, text.as_str())));
        all.extend(functions.chain(routines.procedures()).map(|(name, text)| body(name, text)));
        all.extend(routines.unreadable().map(|name| behind(name, None)));
    }
    for table in schema.tables() {
        // That there may be others is no sign of one that sets something.
        let triggers = table.triggers().iter().filter(|trigger| trigger.text != NOT_SHOWN);
        all.extend(triggers.map(|trigger| body(table.name(), &trigger.text)));
        let acts = [ReferentialAction::Cascade, ReferentialAction::SetNull, ReferentialAction::SetDefault];
        for key in table.foreign_keys() {
            let follows = acts.contains(&key.on_delete()) || acts.contains(&key.on_update());
            if let (true, Some(parent)) = (follows, key.references()) {
                let child = BTreeSet::from([table.name().to_ascii_lowercase()]);
                all.push(behind(schema.table(parent).name(), Some(child)));
            }
        }
    }
    for view in schema.views() {
        let is_read = statements(schema, view.query())
            .is_some_and(|all| !all.iter().any(|tokens| calls_elsewhere(schema, tokens)));
        all.push(behind(view.name(), if is_read { names(schema, view.query()) } else { None }));
    }
    all
}

fn names(schema: &Schema, text: &str) -> Option<BTreeSet<String>> {
    let statements = statements(schema, text)?;
    let names = statements.iter().flat_map(|tokens| words(tokens));
    Some(names.map(str::to_ascii_lowercase).collect())
}

/// What may be a name: of texts, none.
fn words(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| match &token.token {
        Token::Word(word) => Some(word.value.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Dialect, Routine, TableDefinition, Trigger, TriggerEvent, View};
    use crate::sql::{Plan, analyse, read_bodies};

    fn schema() -> Schema {
        let table = |name: &str| TableDefinition::new(name).column(Column::int("id"));
        let fires = |event, text: &str| Trigger { event, text: text.to_owned() };
        let child = table("child").foreign_key(
            ["id"],
            "parent",
            ["id"],
            ReferentialAction::Cascade,
            ReferentialAction::Restrict,
        );
        let tables = [
            table("plain").trigger(fires(TriggerEvent::Insert, "BEFORE INSERT BEGIN SET NEW.id = 1; END")),
            table("zoned")
                .trigger(fires(TriggerEvent::Delete, "AFTER DELETE BEGIN SET time_zone = 'x'; END")),
            table("calls").trigger(fires(TriggerEvent::Delete, "AFTER DELETE BEGIN SET @x = hides(); END")),
            table("hidden").trigger(fires(TriggerEvent::Delete, "")),
            table("unseen").trigger(fires(TriggerEvent::Delete, NOT_SHOWN)),
            child.trigger(fires(TriggerEvent::Delete, "AFTER DELETE BEGIN DELETE FROM zoned; END")),
            table("parent"),
        ];
        let views = [
            ("over", "select hides() AS n"),
            ("over_over", "select n from over"),
            ("safe", "select id from plain"),
        ]
        .map(|(name, query)| View::new(name, query, ["n"]));
        let schema = Schema::new(Dialect::MySql, tables, views).unwrap();
        let mut routines = schema.routines().unwrap().clone();
        for (name, body) in [
            ("writes", "BEGIN UPDATE plain SET id = 1; RETURN 1; END"),
            ("hides", "BEGIN CREATE TEMPORARY TABLE plain (id INT); RETURN 1; END"),
            ("elsewhere", "BEGIN RETURN other.f(); END"),
        ] {
            routines.add(name, Routine::Unknown);
            routines.add_bodies(name, [body]);
        }
        routines.add("opaque", Routine::Unknown);
        routines.add_procedure("p", "BEGIN IF hides() THEN UPDATE plain SET id = 1; END IF; END");
        routines.add_procedure("q", "BEGIN CALL p(); END");
        routines.add_procedure("harmless", "BEGIN IF writes() THEN CALL r(); END IF; END");
        routines.add_procedure("r", "BEGIN UPDATE plain SET id = 1; END");
        read_bodies(schema.with_routines(routines))
    }

    fn changes_session(sql: &str) -> bool {
        matches!(analyse(&schema(), sql), Plan::Write(plan) if plan.changes_session.is_some())
    }

    #[test]
    fn what_may_set_the_session_is_followed_through_all_that_names_it() {
        for sql in [
            "DELETE FROM zoned WHERE id = 1",
            "UPDATE zoned JOIN plain ON zoned.id = plain.id SET plain.id = 1",
            "DELETE FROM calls",
            "DELETE FROM hidden",
            "DELETE FROM child",
            "DELETE FROM parent WHERE id = 1",
            "SELECT hides()",
            "SELECT elsewhere(), other.f()",
            "SELECT opaque()",
            "DO hides()",
            "SELECT n FROM over",
            "SELECT n FROM over_over",
            "CALL p()",
            "CALL q()",
            "CREATE TABLE more AS SELECT hides() AS n",
        ] {
            assert!(changes_session(sql), "{sql}");
        }
    }

    #[test]
    fn writes_that_set_nothing_leave_the_session_alone() {
        for sql in [
            "INSERT INTO plain VALUES (1)",
            "DELETE FROM unseen",
            "SELECT writes(), 'hides'",
            "SELECT id FROM safe WHERE id = writes()",
            "SELECT id FROM zoned",
            "CALL harmless()",
            "ALTER TABLE zoned ADD COLUMN n INT",
            "DROP FUNCTION hides",
            "CREATE TABLE other.t (id INT)",
            "CREATE VIEW more AS SELECT hides() AS n",
            "CREATE FUNCTION more() RETURNS INT RETURN (SELECT hides())",
            "INSERT INTO other.t (id) VALUES (1)",
            "CREATE TRIGGER x AFTER DELETE ON plain FOR EACH ROW CREATE TEMPORARY TABLE plain (id INT)",
        ] {
            assert!(!changes_session(sql), "{sql}");
        }
    }
}
