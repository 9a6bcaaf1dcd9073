//! What a write does behind its statement's back: foreign-key actions and triggers.

use super::catalog::Catalog;
use super::model::{Image, Touch, Touched};
use super::narrowing::Narrowing;
use super::touches::{TriggerRow, triggered};
use crate::mutation::{self, Mutation};
use crate::schema::{
    ColumnId, ColumnSet, Columns, Duration, ForeignKey, ReferentialAction, Schema, Table, TableId, Trigger,
    TriggerEvent,
};
use crate::sql::{Effect, trigger_effects, trigger_sets};
use crate::value::Value;

/// A write that follows from a write that follows from ... is followed to this many touches.
const MAX_TOUCHES: usize = 2_000;

/// A trigger, read once for a schema.
#[derive(Debug)]
struct Fired {
    event: TriggerEvent,
    /// `None`: anything.
    effects: Option<Vec<Effect>>,
    /// Whether NEW is the row as it will be. A trigger before an INSERT does not know its rowid yet.
    knows_new: bool,
}

/// Why a table is touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reached {
    ByWrite,
    /// Another table was written whose rows are its rows too; its own relatives are no more concerned than by that.
    AsRelative,
}

/// The triggers of each table.
#[derive(Debug, Default)]
pub(super) struct Closure {
    triggers: Vec<Vec<Fired>>,
    /// The tables whose rows are rows of each table too: what is written through one fires the triggers of the
    /// others.
    relatives: Vec<Vec<TableId>>,
    /// Of which tables a write has no consequence.
    is_last: Vec<bool>,
    setters: Setters,
}

/// How long the session is left set otherwise by what a write fires.
#[derive(Debug, Default)]
struct Setters {
    /// By the table that is written: by a trigger of it or of what that reaches.
    tables: Vec<Option<Duration>>,
    /// By whatever does it longest.
    any: Option<Duration>,
}

impl Closure {
    pub(super) fn new(schema: &Schema) -> Self {
        let fired = |trigger: &Trigger| {
            let mut effects = trigger_effects(schema, &trigger.text);
            if is_rule(&trigger.text) {
                effects.iter_mut().flatten().for_each(|effect| *effect = effect.whole());
            }
            let knows_new = trigger.event != TriggerEvent::Insert || runs_after(&trigger.text);
            Fired { event: trigger.event.clone(), effects, knows_new }
        };
        let triggers = schema.tables().iter().map(|table| table.triggers().iter().map(fired).collect());
        let relatives = schema.tables().iter().map(|table| table.relatives().to_vec());
        let is_last = |table: &Table| {
            table.triggers().is_empty()
                && table.relatives().is_empty()
                && referencing(schema, table.id()).next().is_none()
        };
        let is_last = schema.tables().iter().map(is_last).collect();
        let triggers: Vec<Vec<Fired>> = triggers.collect();
        let setters = Setters::of(schema, &triggers);
        Self { triggers, relatives: relatives.collect(), is_last, setters }
    }

    /// How long a statement with these effects may leave the session set otherwise by what it fires.
    pub(super) fn sets_session(&self, effects: &[Effect]) -> Option<Duration> {
        effects.iter().filter_map(|effect| self.setters.by(effect.table())).max()
    }

    /// Whether writes of this table fire any trigger.
    pub(super) fn has_triggers(&self, table: TableId) -> bool {
        let fires = |table: TableId| !self.triggers[table.index()].is_empty();
        fires(table) || self.relatives[table.index()].iter().copied().any(fires)
    }

    /// Appends to the touches those that follow from them.
    pub(super) fn close(&self, catalog: &Catalog, touches: &mut Vec<Touch>) {
        let is_last = |touch: &Touch| touch.table().is_some_and(|table| self.is_last[table.index()]);
        if touches.iter().all(is_last) {
            return;
        }
        let mut reached: Vec<Reached> = touches.iter().map(|_| Reached::ByWrite).collect();
        let mut next = 0;
        while next < touches.len() {
            if touches.len() > MAX_TOUCHES {
                touches.push(Touch::Everything);
                return;
            }
            let (touch, how) = (touches[next].clone(), reached[next]);
            next += 1;
            let Some(table) = touch.table() else { return };
            let mut found = Vec::new();
            self.fire(catalog, table, &touch, &mut found);
            match &touch {
                Touch::Rows { .. } => cascade(catalog, &touch, &mut found),
                _ => found.extend(referencing(catalog.schema(), table).map(|(child, _)| Touch::Table(child))),
            }
            let found = found.into_iter().map(|touch| (touch, Reached::ByWrite));
            // Which of its relatives holds a row is not known, and they need not narrow as it does.
            let relatives = match how {
                Reached::ByWrite => self.relatives[table.index()].as_slice(),
                Reached::AsRelative => &[],
            };
            let relatives = relatives.iter().map(|relative| (Touch::Table(*relative), Reached::AsRelative));
            for (touch, how) in found.chain(relatives) {
                let covered = touches.iter().zip(&reached).any(|(known, known_how)| {
                    let covers = match (known, &touch) {
                        (Touch::Table(whole), Touch::Table(table) | Touch::Rows { table, .. }) => {
                            whole == table
                        }
                        _ => *known == touch,
                    };
                    covers && (*known_how == Reached::ByWrite || how == Reached::AsRelative)
                });
                if !covered {
                    touches.push(touch);
                    reached.push(how);
                }
            }
        }
    }

    fn fire(&self, catalog: &Catalog, table: TableId, touch: &Touch, found: &mut Vec<Touch>) {
        if mutation::is(Mutation::TriggersAreIgnored) {
            return;
        }
        for trigger in &self.triggers[table.index()] {
            if !fires(catalog.table(table), &trigger.event, touch) {
                continue;
            }
            let Some(effects) = &trigger.effects else {
                found.push(Touch::Everything);
                continue;
            };
            match touch {
                Touch::Rows { old, new, .. } => {
                    let new = new.as_ref().filter(|_| trigger.knows_new);
                    let row = TriggerRow { table, old: old.as_ref(), new };
                    found.extend(triggered(catalog, effects, row));
                }
                // How a wide statement resolves conflicts holds in the triggers that it fires too.
                _ => found.extend(triggered(
                    catalog,
                    &effects.iter().map(Effect::whole).collect::<Vec<_>>(),
                    TriggerRow { table, old: None, new: None },
                )),
            }
        }
    }
}

impl Setters {
    fn of(schema: &Schema, triggers: &[Vec<Fired>]) -> Self {
        let sets = |triggers: &[Trigger]| {
            triggers.iter().filter_map(|trigger| trigger_sets(schema, &trigger.text)).max()
        };
        let tables: Vec<Option<Duration>> =
            schema.tables().iter().map(|table| sets(table.triggers())).collect();
        let views = schema.views().iter().map(|view| sets(view.triggers()));
        let any = tables.iter().copied().chain(views).max().flatten();
        let mut setters = Self { tables, any };
        while any.is_some() {
            let reached = schema.tables().iter().map(|table| setters.reached_by(schema, triggers, table));
            let reached: Vec<Option<Duration>> = reached.collect();
            if reached == setters.tables {
                break;
            }
            setters.tables = reached;
        }
        setters
    }

    /// What may do anything may write one of them.
    fn by(&self, table: Option<TableId>) -> Option<Duration> {
        table.map_or(self.any, |table| self.tables[table.index()])
    }

    fn reached_by(&self, schema: &Schema, triggers: &[Vec<Fired>], table: &Table) -> Option<Duration> {
        let effects = triggers[table.id().index()].iter().flat_map(|fired| match &fired.effects {
            Some(effects) => effects.iter().map(Effect::table).collect(),
            None => vec![None],
        });
        let follows = referencing(schema, table.id()).map(|(child, _)| Some(child));
        let relatives = table.relatives().iter().copied().map(Some);
        let all = effects.chain(follows).chain(relatives).chain([Some(table.id())]);
        all.filter_map(|reached| self.by(reached)).max()
    }
}

/// Whether a trigger runs after its statement; without a word it runs before.
fn runs_after(text: &str) -> bool {
    head(text).any(|word| word.eq_ignore_ascii_case("AFTER"))
}

/// Whether a trigger stands for a rule, which is rewritten into its statement: what OLD and NEW are in it is computed
/// anew, and may be other rows and values.
fn is_rule(text: &str) -> bool {
    head(text).any(|word| word.eq_ignore_ascii_case("RULE"))
}

fn head(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().take_while(|word| !word.eq_ignore_ascii_case("BEGIN"))
}

fn fires(table: &Table, event: &TriggerEvent, touch: &Touch) -> bool {
    let Touch::Rows { old, new, columns, .. } = touch else { return true };
    let may_move = table.is_partitioned() && !mutation::is(Mutation::MovedRowsStay);
    match event {
        TriggerEvent::Any => true,
        TriggerEvent::Truncate => false,
        TriggerEvent::Insert => old.is_none() || may_move && new.is_some(),
        TriggerEvent::Delete => new.is_none() || may_move && old.is_some(),
        TriggerEvent::Update(of) => {
            let of: Option<ColumnSet> = of.iter().map(|name| table.column_named(name)).collect();
            let meets = of.is_none_or(|of| of.is_empty() || columns.meets(&Columns::Some(of)));
            old.is_some() && new.is_some() && meets
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
fn cascade(catalog: &Catalog, touch: &Touch, found: &mut Vec<Touch>) {
    let Touch::Rows { table, old: Some(old), new, columns, .. } = touch else { return };
    for (child, key) in referencing(catalog.schema(), *table) {
        let referenced: ColumnSet = key.referenced().iter().copied().collect();
        // Before PostgreSQL 15 a row that moved to another partition took those that reference it along.
        let may_die = new.is_none() || catalog.table(*table).is_partitioned();
        if may_die && key.on_delete() != ReferentialAction::Restrict {
            let orphans = child_image(catalog, *table, old, child, key);
            found.push(parent_died(catalog.table(child), catalog.narrowing(child), key, orphans));
        }
        let moves = new.is_some() && (referenced.is_empty() || columns.meets(&Columns::Some(referenced)));
        if moves && key.on_update() != ReferentialAction::Restrict {
            found.push(Touch::Table(child));
        }
    }
}

/// What is known of the child rows whose parent has this image.
fn child_image(catalog: &Catalog, parent: TableId, old: &Image, child: TableId, key: &ForeignKey) -> Image {
    let (parent_columns, child_columns) =
        (catalog.narrowing(parent).columns(), catalog.narrowing(child).columns());
    let mut image = Image::unknown(catalog.narrowing(child));
    for (mine, theirs) in key.columns().iter().zip(key.referenced()) {
        let same_form =
            catalog.table(child).column(*mine).compares_like(catalog.table(parent).column(*theirs));
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
