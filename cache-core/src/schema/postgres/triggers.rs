//! What triggers write, and which columns of their own row they compute.

use std::collections::BTreeSet;

use super::catalog::{Catalog, HazardRow, RelationRow, TriggerRow};
use super::plpgsql::{Body, Gives};
use super::rules;
use crate::mutation::{self, Mutation};
use crate::schema::{Duration, Routine, Routines, Trigger, TriggerEvent};

const ROW: i32 = 1;
const BEFORE: i32 = 2;
const INSERT: i32 = 4;
const DELETE: i32 = 8;
const UPDATE: i32 = 16;
const TRUNCATE: i32 = 32;

/// The text of a trigger that may do anything: there is no body in it.
pub(super) const ANYTHING: &str = "";

/// The text of a trigger that may do anything, and leave its session set otherwise for so long.
fn setting(duration: Duration) -> String {
    let is_local = duration == Duration::Transaction;
    format!("BEFORE BEGIN SELECT set_config('search_path', '', {is_local}); END")
}

/// The columns of a table that triggers give values to, before a row is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Computed {
    These(BTreeSet<String>),
    Any,
}

impl Computed {
    pub(super) fn includes(&self, column: &str) -> bool {
        match self {
            Self::These(columns) => columns.contains(column),
            Self::Any => true,
        }
    }
}

/// What fires for writes of this relation. What a default, a check or an index calls counts as a trigger, and what is
/// far away may lead back to any table.
pub(super) fn triggers(catalog: &Catalog, routines: &Routines, relation: &RelationRow) -> Vec<Trigger> {
    let mut triggers: Vec<Trigger> = catalog
        .triggers
        .iter()
        .filter(|row| row.relation == relation.oid)
        .flat_map(|row| fired(catalog, routines, row))
        .collect();
    triggers.extend(catalog.rules.iter().filter(|row| row.relation == relation.oid).map(rules::fired));
    let called = catalog.hazards.iter().filter(|row| row.relation == Some(relation.oid));
    let mut may_write: Vec<&HazardRow> = called
        .filter(|row| {
            routines.named(&row.routine) == Routine::Unknown && !mutation::is(Mutation::TablesCallNothing)
        })
        .collect();
    // The server gives them in any order, and who reads the same schema must know the same.
    may_write.sort_by_key(|row| (&row.routine, &row.filled));
    if relation.kind == "f" {
        triggers.push(Trigger { event: TriggerEvent::Any, text: ANYTHING.to_owned() });
    }
    // Whether it does is known when its body is read.
    triggers.extend(may_write.into_iter().flat_map(|row| {
        let text = format!("BEFORE BEGIN SELECT \"{}\"(); END", row.routine.replace('"', "\"\""));
        let events = match &row.filled {
            Some(column) => vec![TriggerEvent::Insert, TriggerEvent::Update(vec![column.clone()])],
            None => vec![TriggerEvent::Any],
        };
        events.into_iter().map(move |event| Trigger { event, text: text.clone() })
    }));
    triggers
}

fn fired(catalog: &Catalog, routines: &Routines, row: &TriggerRow) -> Vec<Trigger> {
    let body = Body::of(row);
    let changes_key = match &body {
        Some(body) => changes_key(catalog, row, &body.gives),
        None => false,
    };
    let text = match (routines.sets(&row.routine), &body) {
        (Some(duration), _) => setting(duration),
        (None, Some(body)) if !changes_key => {
            let when = if row.bits & BEFORE == 0 { "AFTER" } else { "BEFORE" };
            format!(
                "{when} BEGIN {} END",
                body.statements.iter().map(|text| format!("{text};")).collect::<String>()
            )
        }
        _ => ANYTHING.to_owned(),
    };
    let columns = catalog.trigger_columns.iter().filter(|column| column.trigger == row.trigger);
    let columns: Vec<String> = columns.map(|column| column.column.clone()).collect();
    let events = [
        (INSERT, TriggerEvent::Insert),
        (DELETE, TriggerEvent::Delete),
        (UPDATE, TriggerEvent::Update(columns)),
        (TRUNCATE, TriggerEvent::Truncate),
    ];
    let fires = events.into_iter().filter(|(bit, _)| row.bits & bit != 0);
    fires.map(|(_, event)| Trigger { event, text: text.clone() }).collect()
}

/// Whether a trigger may give a row that exists another key: nothing in the statement shows that.
fn changes_key(catalog: &Catalog, row: &TriggerRow, gives: &Gives) -> bool {
    let is_key = |column: &str| {
        let mut indexes =
            catalog.indexes.iter().filter(|index| index.relation == row.relation && index.primary);
        indexes.any(|index| index.column == column)
    };
    row.bits & UPDATE != 0
        && match gives {
            Gives::Nothing => false,
            Gives::Columns(columns) => columns.iter().any(|column| is_key(column)),
        }
}

/// The columns that triggers compute, for a table and all whose rows are its rows.
pub(super) fn computed(catalog: &Catalog, relation: i64) -> Computed {
    let mut family = vec![relation];
    let mut next = 0;
    while next < family.len() {
        let of = family[next];
        next += 1;
        for row in &catalog.inheritance {
            for (one, other) in [(row.parent, row.child), (row.child, row.parent)] {
                if one == of && !family.contains(&other) {
                    family.push(other);
                }
            }
        }
    }
    let mut columns = BTreeSet::new();
    let before =
        |row: &&TriggerRow| row.bits & (ROW | BEFORE) == ROW | BEFORE && family.contains(&row.relation);
    for row in catalog.triggers.iter().filter(before) {
        match Body::of(row).map(|body| body.gives) {
            None => return Computed::Any,
            Some(Gives::Nothing) => {}
            Some(Gives::Columns(given)) => columns.extend(given),
        }
    }
    Computed::These(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::postgres::{ColumnRow, IndexRow, RoutineRow, schema};

    fn catalog(bits: i32, body: &str) -> Catalog {
        let relation = |oid, name: &str| RelationRow {
            oid,
            namespace: "public".into(),
            name: name.into(),
            kind: "r".into(),
            ..RelationRow::default()
        };
        let column = |relation, name: &str| ColumnRow {
            relation,
            name: name.into(),
            base: 23,
            deterministic: true,
            ..ColumnRow::default()
        };
        Catalog {
            search_path: vec!["public".into()],
            relations: vec![relation(1, "t"), relation(2, "log")],
            columns: vec![column(1, "id"), column(1, "changed"), column(2, "n")],
            indexes: vec![IndexRow { relation: 1, index: 9, primary: true, column: "id".into() }],
            triggers: vec![TriggerRow {
                trigger: 7,
                relation: 1,
                bits,
                language: "plpgsql".into(),
                body: body.into(),
                plain: true,
                routine: "told".into(),
            }],
            ..Catalog::default()
        }
    }

    /// The server shows them in the order of its plan.
    #[test]
    fn what_a_table_calls_is_equal_in_whatever_order_it_is_shown() {
        let shown = |order: [&str; 2]| {
            let mut shown = catalog(INSERT, "BEGIN RETURN NULL; END");
            for name in order {
                let routine = RoutineRow { name: name.into(), kind: "f".into(), ..RoutineRow::default() };
                let (routine_name, filled) = (name.to_owned(), Some("id".to_owned()));
                shown.routines.push(RoutineRow { volatility: "v".into(), ..routine });
                shown.hazards.push(HazardRow { relation: Some(1), routine: routine_name, filled });
            }
            schema(&shown).unwrap()
        };
        let one = shown(["nid", "code"]);
        assert_eq!(one.table_named("t").unwrap().triggers().len(), 5);
        assert_eq!(one, shown(["code", "nid"]));
    }

    #[test]
    fn a_column_that_a_trigger_sets_is_computed() {
        let catalog = catalog(ROW | BEFORE | UPDATE, "BEGIN NEW.changed := NEW.changed + 1; RETURN NEW; END");
        let schema = schema(&catalog).unwrap();
        let table = schema.table_named("t").unwrap();
        assert!(table.columns()[1].is_generated());
        assert!(!table.columns()[0].is_generated());
        assert_eq!(table.triggers()[0].event, TriggerEvent::Update(vec![]));
    }

    #[test]
    fn what_is_not_understood_computes_every_column_and_writes_everything() {
        let catalog =
            catalog(ROW | BEFORE | INSERT, "DECLARE x int; BEGIN SELECT 1 INTO NEW.id; RETURN NEW; END");
        assert_eq!(computed(&catalog, 1), Computed::Any);
        assert_eq!(triggers(&catalog, &Routines::default(), &catalog.relations[0])[0].text, ANYTHING);
    }

    #[test]
    fn a_trigger_that_may_move_a_key_writes_everything() {
        let moves = catalog(ROW | BEFORE | UPDATE, "BEGIN NEW.id := 1; RETURN NEW; END");
        assert_eq!(triggers(&moves, &Routines::default(), &moves.relations[0])[0].text, ANYTHING);
        let chooses = catalog(ROW | BEFORE | INSERT, "BEGIN NEW.id := 1; RETURN NEW; END");
        assert_ne!(triggers(&chooses, &Routines::default(), &chooses.relations[0])[0].text, ANYTHING);
    }
}
