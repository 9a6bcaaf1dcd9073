//! A write's plan, values and outcome to what it touches.
//!
//! Every row image that can be proved, and holes where it cannot: bound values that the column stores
//! unchanged, WHERE equalities of the rows before, and returned rows, which show the rows afterwards.

mod effects;
mod returned;
mod writing;

use crate::deps::before::Before;
use crate::deps::catalog::Catalog;
use crate::deps::closure::changed;
use crate::deps::model::{Image, Touch, Touched};
use crate::deps::rows::Rows;
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, ColumnSet, Columns, Dialect, Table, TableId};
use crate::sql::{Effect, WritePlan};
use crate::value::Value;

pub(super) use self::writing::TriggerRow;
use self::writing::{Known, Writing};

/// A write of more rows than this is one of unknown rows.
const MAX_ROWS: usize = 100;

/// A write that nobody has seen.
const BY_HAND: Known<'static> = Known { values: &[], before: None, ran: Ran::Unknown, row: None };

/// What is known of a write that ran.
#[derive(Clone, Copy, Debug)]
pub enum Ran<'o> {
    /// Nothing: it failed, was cancelled, or did not tell.
    Unknown,
    /// It changed this many rows.
    Count(u64),
    /// It changed this many rows, and the database gave the first of them this number as its key.
    Numbered {
        /// How many rows.
        count: u64,
        /// The number.
        first: u64,
    },
    /// It returned these rows, all of them.
    Rows(&'o dyn Rows),
    /// It returned rows of which this is the first.
    First(&'o dyn Rows),
}

impl Ran<'_> {
    fn count(self) -> Option<u64> {
        match self {
            Ran::Count(count) | Ran::Numbered { count, .. } => Some(count),
            Ran::Unknown | Ran::Rows(_) | Ran::First(_) => None,
        }
    }
}

/// What a write touches, foreign-key actions and triggers included.
#[must_use]
pub fn touches(
    catalog: &Catalog,
    plan: &WritePlan,
    values: &[Value],
    before: Option<&Before>,
    ran: Ran<'_>,
) -> Vec<Touch> {
    let (ran, before) = if plan.single { (ran, before) } else { (Ran::Unknown, None) };
    let mut touches = Vec::new();
    let known = Known { values, before, ran, row: None };
    plan.effects.iter().for_each(|effect| effect_touches(catalog, effect, known, &mut touches));
    catalog.close(&mut touches);
    touches
}

/// What the statements of a trigger touch when this row fires it; without what follows from that in turn.
pub(super) fn triggered(catalog: &Catalog, effects: &[Effect], row: TriggerRow<'_>) -> Vec<Touch> {
    let mut touches = Vec::new();
    let known = Known { values: &[], before: None, ran: Ran::Unknown, row: Some(row) };
    effects.iter().for_each(|effect| effect_touches(catalog, effect, known, &mut touches));
    touches
}

fn effect_touches(catalog: &Catalog, effect: &Effect, known: Known<'_>, touches: &mut Vec<Touch>) {
    let before = touches.len();
    match effect {
        Effect::Everything => touches.push(Touch::Everything),
        Effect::Table(table) => touches.push(Touch::Table(*table)),
        Effect::Insert(insert) => Writing::new(catalog, insert.table, known).insert(insert, touches),
        Effect::Update(update) => Writing::new(catalog, update.table, known).update(update, touches),
        Effect::Delete(delete) => Writing::new(catalog, delete.table, known).delete(delete, touches),
    }
    if touches.len() == before {
        touches.extend(of_no_row(catalog, effect));
    }
}

/// What a statement of PostgreSQL that concerns no row touches all the same: some triggers fire for the statement.
fn of_no_row(catalog: &Catalog, effect: &Effect) -> Option<Touch> {
    let table = effect.table()?;
    let fires = catalog.schema().dialect() == Dialect::Postgres && fires_for_no_row(catalog, table);
    let row = || Some(Image::unknown(catalog.narrowing(table)));
    let (old, new, columns) = match effect {
        Effect::Insert(_) => (None, row(), Columns::All),
        Effect::Delete(_) => (row(), None, Columns::All),
        Effect::Update(update) => {
            let set = update.set.iter().map(|assigned| assigned.column).collect();
            (row(), row(), changed(catalog.table(table), set))
        }
        Effect::Everything | Effect::Table(_) => return None,
    };
    fires.then_some(Touch::Rows { table, rows: Touched::Unknown, old, new, columns })
}

/// Whether a trigger may have written although its statement has changed no row.
fn fires_for_no_row(catalog: &Catalog, table: TableId) -> bool {
    catalog.closure().has_triggers(table) && !mutation::is(Mutation::NoRowFiresNothing)
}

/// What any write of a row touches by which it stays in its scopes: it may have been born, have died, or have changed
/// in what does not show.
#[must_use]
pub fn any_row_touches(catalog: &Catalog, table: TableId, row: &[(ColumnId, Value)]) -> Vec<Touch> {
    let writing = Writing::new(catalog, table, BY_HAND);
    let image = writing.image_of(row);
    let mut touches = match writing.key(&image) {
        Some(key) => any_write(catalog.table(table), &Touched::Row(key), &image),
        None => vec![Touch::Table(table)],
    };
    catalog.close(&mut touches);
    touches
}

/// What changing one row by hand touches: its values before, if it existed, and afterwards, if it still does.
#[must_use]
pub fn row_touches(
    catalog: &Catalog,
    table: TableId,
    old: Option<&[(ColumnId, Value)]>,
    new: Option<&[(ColumnId, Value)]>,
) -> Vec<Touch> {
    let writing = Writing::new(catalog, table, BY_HAND);
    let image = |row: Option<&[(ColumnId, Value)]>| row.map(|row| writing.image_of(row));
    let differing: Option<ColumnSet> = old.zip(new).map(|(old, new)| {
        let same = |(column, value): &(ColumnId, Value)| {
            *value != Value::Opaque && old.contains(&(*column, value.clone()))
        };
        new.iter().filter(|entry| !same(entry)).map(|(column, _)| *column).collect()
    });
    let columns = differing.map_or(Columns::All, |columns| changed(writing.table, columns));
    let (old, new) = (image(old), image(new));
    let key_of = |image: &Option<Image>| image.as_ref().and_then(|image| writing.key(image));
    let mut touches = Vec::new();
    match (key_of(&old), key_of(&new)) {
        (Some(before), Some(after)) if before != after => {
            touches.push(writing.touch(Touched::Row(before), old, None, Columns::All));
            touches.push(writing.touch(Touched::Row(after), None, new, Columns::All));
        }
        (Some(key), _) | (None, Some(key)) => {
            touches.push(writing.touch(Touched::Row(key), old, new, columns));
        }
        (None, None) => touches.push(Touch::Table(table)),
    }
    catalog.close(&mut touches);
    touches
}

/// A change, a death and a birth: what follows by foreign keys and triggers differs, and nobody has said which
/// of them it was.
pub(super) fn any_write(table: &Table, rows: &Touched, image: &Image) -> Vec<Touch> {
    let known = || Some(image.clone());
    [(known(), known()), (known(), None), (None, known())]
        .map(|(old, new)| Touch::Rows {
            table: table.id(),
            rows: rows.clone(),
            old,
            new,
            columns: Columns::All,
        })
        .into()
}
