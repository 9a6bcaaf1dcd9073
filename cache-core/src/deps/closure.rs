//! What a write does behind its statement's back: foreign-key actions and triggers.

use super::model::{Image, Touch, Touched};
use super::narrowing::Narrowing;
use crate::mutation::{self, Mutation};
use crate::schema::{
    ColumnId, ColumnSet, Columns, ForeignKey, ReferentialAction, Relation, Schema, Table, TableId, Trigger,
    TriggerEvent,
};
use crate::sql::written_names;
use crate::value::Value;

/// Which statement a touch stands for, as triggers tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Insert,
    Update,
    Delete,
    Any,
}

/// The tables that each trigger may write, found once for a schema.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// For each table, its triggers with what they write; `None` for anything.
    triggers: Vec<Vec<(TriggerEvent, Option<Vec<TableId>>)>>,
}

impl Closure {
    pub(super) fn new(schema: &Schema) -> Self {
        let written = |trigger: &Trigger| {
            let mut tables = Vec::new();
            for name in written_names(schema.dialect(), &trigger.text)? {
                match schema.relation(&name) {
                    Some(Relation::Table(table)) => tables.push(table.id()),
                    // Its INSTEAD OF triggers write on.
                    Some(Relation::View(_)) => return None,
                    None => {}
                }
            }
            Some(tables)
        };
        let triggers = schema.tables().iter().map(|table| {
            table.triggers().iter().map(|trigger| (trigger.event.clone(), written(trigger))).collect()
        });
        Self { triggers: triggers.collect() }
    }

    /// Whether writes of this table fire any trigger.
    pub(super) fn has_triggers(&self, table: TableId) -> bool {
        !self.triggers[table.index()].is_empty()
    }

    /// Appends to the touches those that follow from them.
    pub(super) fn close(&self, schema: &Schema, narrowing: &[Narrowing], touches: &mut Vec<Touch>) {
        let mut next = 0;
        while next < touches.len() {
            let touch = touches[next].clone();
            next += 1;
            let mut found = Vec::new();
            match &touch {
                Touch::Everything => return,
                Touch::Table(table) => {
                    self.fire(schema, *table, Event::Any, &Columns::All, &mut found);
                    for (child, _) in referencing(schema, *table) {
                        found.push(Touch::Table(child));
                    }
                }
                Touch::Rows { table, old, new, columns, .. } => {
                    let event = match (old, new) {
                        (None, _) => Event::Insert,
                        (_, None) => Event::Delete,
                        _ => Event::Update,
                    };
                    self.fire(schema, *table, event, columns, &mut found);
                    cascade(schema, narrowing, &touch, &mut found);
                }
            }
            for touch in found {
                let covered = touches.iter().any(|known| match (known, &touch) {
                    (Touch::Table(whole), Touch::Table(table) | Touch::Rows { table, .. }) => whole == table,
                    _ => *known == touch,
                });
                if !covered {
                    touches.push(touch);
                }
            }
        }
    }

    fn fire(&self, schema: &Schema, table: TableId, event: Event, columns: &Columns, found: &mut Vec<Touch>) {
        if mutation::is(Mutation::TriggersAreIgnored) {
            return;
        }
        for (when, written) in &self.triggers[table.index()] {
            let fires = match (when, event) {
                (TriggerEvent::Any, _) | (_, Event::Any) => true,
                (TriggerEvent::Insert, event) => event == Event::Insert,
                (TriggerEvent::Delete, event) => event == Event::Delete,
                (TriggerEvent::Update(of), Event::Update) => {
                    let of: Option<ColumnSet> =
                        of.iter().map(|name| schema.table(table).column_named(name)).collect();
                    of.is_none_or(|of| of.is_empty() || columns.meets(&Columns::Some(of)))
                }
                (TriggerEvent::Update(_), _) => false,
            };
            match written {
                _ if !fires => {}
                None => found.push(Touch::Everything),
                Some(tables) => found.extend(tables.iter().map(|table| Touch::Table(*table))),
            }
        }
    }
}

/// The foreign keys by which other tables follow this one.
fn referencing(schema: &Schema, table: TableId) -> impl Iterator<Item = (TableId, &ForeignKey)> {
    let acts = |action: ReferentialAction| action != ReferentialAction::Restrict;
    schema
        .tables()
        .iter()
        .filter(|_| !mutation::is(Mutation::CascadesAreIgnored))
        .flat_map(|child| child.foreign_keys().iter().map(move |key| (child.id(), key)))
        .filter(move |(_, key)| key.references() == Some(table))
        .filter(move |(_, key)| acts(key.on_delete()) || acts(key.on_update()))
}

/// What deaths and key changes of a parent's rows do to the rows that reference them.
fn cascade(schema: &Schema, narrowing: &[Narrowing], touch: &Touch, found: &mut Vec<Touch>) {
    let Touch::Rows { table, old: Some(old), new, columns, .. } = touch else { return };
    for (child, key) in referencing(schema, *table) {
        let referenced: ColumnSet = key.referenced().iter().copied().collect();
        if new.is_none() && key.on_delete() != ReferentialAction::Restrict {
            let orphans = child_image(schema, narrowing, *table, old, child, key);
            found.push(parent_died(schema.table(child), &narrowing[child.index()], key, orphans));
        }
        let moves = new.is_some() && (referenced.is_empty() || columns.meets(&Columns::Some(referenced)));
        if moves && key.on_update() != ReferentialAction::Restrict {
            found.push(Touch::Table(child));
        }
    }
}

/// What is known of the child rows whose parent has this image.
fn child_image(
    schema: &Schema,
    narrowing: &[Narrowing],
    parent: TableId,
    old: &Image,
    child: TableId,
    key: &ForeignKey,
) -> Image {
    let (parent_columns, child_columns) =
        (narrowing[parent.index()].columns(), narrowing[child.index()].columns());
    let mut image = Image::unknown(&narrowing[child.index()]);
    for (mine, theirs) in key.columns().iter().zip(key.referenced()) {
        let same_form =
            schema.table(child).column(*mine).class() == schema.table(parent).column(*theirs).class();
        let place = child_columns.iter().position(|column| column == mine);
        let parent_place = parent_columns.iter().position(|column| column == theirs);
        if let (true, Some(place), Some(parent_place)) = (same_form, place, parent_place) {
            image.0[place] = old.0[parent_place].clone();
        }
    }
    image
}

fn parent_died(child: &Table, narrowing: &Narrowing, key: &ForeignKey, old: Image) -> Touch {
    let (table, rows) = (child.id(), Touched::Unknown);
    if key.on_delete() == ReferentialAction::Cascade {
        return Touch::Rows { table, rows, old: Some(old), new: None, columns: Columns::All };
    }
    let mut new = old.clone();
    for column in key.columns() {
        if let Some(place) = narrowing.columns().iter().position(|known| known == column) {
            let is_null = key.on_delete() == ReferentialAction::SetNull;
            new.0[place] = is_null.then_some(Value::Null);
        }
    }
    let columns = changed(child, key.columns().iter().copied().collect());
    Touch::Rows { table, rows, old: Some(old), new: Some(new), columns }
}

/// The columns that change when these are set: generated ones follow.
pub(super) fn changed(table: &Table, mut set: ColumnSet) -> Columns {
    if !mutation::is(Mutation::GeneratedColumnsAreIgnored) {
        let generated = table.columns().iter().enumerate().filter(|(_, column)| column.is_generated());
        generated.for_each(|(index, _)| set.insert(ColumnId::from_index(index)));
    }
    Columns::Some(set)
}
