//! A write's plan, values and outcome to what it touches.
//!
//! Every row image that can be proved, and holes where it cannot: bound values that the column stores
//! unchanged, WHERE equalities of the rows before, and returned rows, which show the rows afterwards.

use super::catalog::Catalog;
use super::closure::changed;
use super::model::{Image, Touch, Touched};
use super::narrowing::{Narrowing, canonical};
use super::rows::Rows;
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, ColumnSet, Columns, Table, TableId};
use crate::sql::{
    Assigned, Conflict, ConflictTarget, Delete, Effect, Fixed, Insert, Operand, Replaces, Returning, Update,
    WritePlan,
};
use crate::value::Value;

/// A write of more rows than this is one of unknown rows.
const MAX_ROWS: usize = 100;

/// What is known of a write that ran.
#[derive(Clone, Copy, Debug)]
pub enum Ran<'o> {
    /// Nothing: it failed, was cancelled, or did not tell.
    Unknown,
    /// It changed this many rows.
    Count(u64),
    /// It returned these rows, all of them.
    Rows(&'o dyn Rows),
    /// It returned rows of which this is the first.
    First(&'o dyn Rows),
}

/// What a write touches, foreign-key actions and triggers included.
#[must_use]
pub fn touches(catalog: &Catalog, plan: &WritePlan, values: &[Value], ran: Ran<'_>) -> Vec<Touch> {
    let ran = if plan.single { ran } else { Ran::Unknown };
    let mut touches = Vec::new();
    for effect in &plan.effects {
        match effect {
            Effect::Everything => touches.push(Touch::Everything),
            Effect::Table(table) => touches.push(Touch::Table(*table)),
            Effect::Insert(insert) => {
                Writing::new(catalog, insert.table, values, ran).insert(insert, &mut touches)
            }
            Effect::Update(update) => {
                Writing::new(catalog, update.table, values, ran).update(update, &mut touches)
            }
            Effect::Delete(delete) => {
                Writing::new(catalog, delete.table, values, ran).delete(delete, &mut touches)
            }
        }
    }
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
    let writing = Writing::new(catalog, table, &[], Ran::Unknown);
    let image = |row: Option<&[(ColumnId, Value)]>| {
        row.map(|row| {
            let mut image = Image::unknown(writing.narrowing);
            for (column, value) in row {
                writing.set(&mut image, *column, canonical(writing.table, *column, value));
            }
            image
        })
    };
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

struct Writing<'w> {
    catalog: &'w Catalog,
    table: &'w Table,
    narrowing: &'w Narrowing,
    values: &'w [Value],
    ran: Ran<'w>,
}

/// One row as RETURNING shows it.
struct Returned {
    key: Vec<Value>,
    image: Image,
}

impl<'w> Writing<'w> {
    fn new(catalog: &'w Catalog, table: TableId, values: &'w [Value], ran: Ran<'w>) -> Self {
        let (narrowing, table) = (catalog.narrowing(table), catalog.table(table));
        Self { catalog, table, narrowing, values, ran }
    }

    fn insert(&self, insert: &Insert, touches: &mut Vec<Touch>) {
        // Whatever is in the way is deleted, and a refused NULL may become a default.
        let replaces = insert.conflict == Conflict::Replace || self.table.replaces_on_conflict();
        if replaces && !mutation::is(Mutation::ReplaceDeletesNothing) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        if let Conflict::Update { target, set } = &insert.conflict {
            self.upsert(insert, *target, set, touches);
            return;
        }
        match (self.returned_by_insert(insert), &insert.rows) {
            (Some(returned), _) => {
                for row in returned {
                    touches.push(self.touch(Touched::Row(row.key), None, Some(row.image), Columns::All));
                }
            }
            (None, Some(rows)) if rows.len() <= MAX_ROWS => {
                touches.extend(rows.iter().map(|row| self.birth(row)));
            }
            (None, _) => touches.push(self.touch(Touched::Births, None, Some(self.unknown()), Columns::All)),
        }
    }

    /// A row of VALUES is either born, or an existing row takes what SET says.
    fn upsert(&self, insert: &Insert, target: ConflictTarget, set: &[Assigned], touches: &mut Vec<Touch>) {
        if mutation::is(Mutation::UpsertValuesAreImages) {
            touches.extend(insert.rows.iter().flatten().map(|row| self.birth(row)));
            return;
        }
        if self.sets_key(set) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        let columns = changed(self.table, set.iter().map(|assigned| assigned.column).collect());
        if let Some(returned) = self.returned_by_insert(insert) {
            for row in returned {
                let old = self.before(&row.image, set);
                touches.push(self.touch(
                    Touched::Row(row.key.clone()),
                    None,
                    Some(row.image.clone()),
                    Columns::All,
                ));
                touches.push(self.touch(Touched::Row(row.key), Some(old), Some(row.image), columns.clone()));
            }
            return;
        }
        let rows = match &insert.rows {
            Some(rows) if rows.len() <= MAX_ROWS => rows,
            _ => {
                touches.push(Touch::Table(self.table.id()));
                return;
            }
        };
        for row in rows {
            let birth = self.birth(row);
            let existing = match (&birth, target) {
                (Touch::Rows { rows: Touched::Row(key), .. }, ConflictTarget::PrimaryKey) => {
                    Touched::Row(key.clone())
                }
                _ => Touched::Unknown,
            };
            let mut old = self.unknown();
            if let Touched::Row(key) = &existing {
                self.set_key(&mut old, key);
            }
            let mut new = old.clone();
            self.assign(&mut new, set);
            touches.push(self.touch(existing, Some(old), Some(new), columns.clone()));
            touches.push(birth);
        }
    }

    fn update(&self, update: &Update, touches: &mut Vec<Touch>) {
        let replaces = update.replaces == Replaces::Yes || self.table.replaces_on_conflict();
        if replaces && !mutation::is(Mutation::ReplaceDeletesNothing) {
            touches.push(Touch::Table(self.table.id()));
            return;
        }
        if self.ran_without_rows() {
            return;
        }
        let old = self.fixed_images(&update.fixed);
        if self.sets_key(&update.set) && !mutation::is(Mutation::KeyChangesAreUpdates) {
            self.change_key(update, &old, touches);
            return;
        }
        let columns = changed(self.table, update.set.iter().map(|assigned| assigned.column).collect());
        let returned = self.returned(update.returning.as_ref());
        let returned = returned.or_else(|| self.returned_by_key(update.returning.as_ref(), &old));
        if let Some(returned) = returned {
            for row in returned {
                let mut before = self.before(&row.image, &update.set);
                self.merge_fixed(&mut before, &old);
                touches.push(self.touch(
                    Touched::Row(row.key),
                    Some(before),
                    Some(row.image),
                    columns.clone(),
                ));
            }
            return;
        }
        for before in old {
            let mut after = before.clone();
            self.assign(&mut after, &update.set);
            let rows = self.key(&before).map_or(Touched::Unknown, Touched::Row);
            touches.push(self.touch(rows, Some(before), Some(after), columns.clone()));
        }
    }

    /// An UPDATE that changes a key is a DELETE and an INSERT.
    fn change_key(&self, update: &Update, old: &[Image], touches: &mut Vec<Touch>) {
        for before in old {
            let Some(key) = self.key(before) else {
                touches.push(Touch::Table(self.table.id()));
                return;
            };
            let mut after = before.clone();
            self.assign(&mut after, &update.set);
            let born = self.key(&after).map_or(Touched::Births, Touched::Row);
            touches.push(self.touch(Touched::Row(key.clone()), Some(before.clone()), None, Columns::All));
            touches.push(self.touch(born, None, Some(after.clone()), Columns::All));
            // Rows that reference the key follow it.
            let columns = changed(self.table, update.set.iter().map(|assigned| assigned.column).collect());
            touches.push(self.touch(Touched::Row(key), Some(before.clone()), Some(after), columns));
        }
    }

    fn delete(&self, delete: &Delete, touches: &mut Vec<Touch>) {
        if self.ran_without_rows() {
            return;
        }
        if let Some(returned) = self.returned(delete.returning.as_ref()) {
            for row in returned {
                touches.push(self.touch(Touched::Row(row.key), Some(row.image), None, Columns::All));
            }
            return;
        }
        for old in self.fixed_images(&delete.fixed) {
            let rows = self.key(&old).map_or(Touched::Unknown, Touched::Row);
            touches.push(self.touch(rows, Some(old), None, Columns::All));
        }
    }

    /// Nothing was changed, and no trigger can have written before it gave up.
    fn ran_without_rows(&self) -> bool {
        matches!(self.ran, Ran::Count(0)) && !self.catalog.closure().has_triggers(self.table.id())
    }

    fn touch(&self, rows: Touched, old: Option<Image>, new: Option<Image>, columns: Columns) -> Touch {
        Touch::Rows { table: self.table.id(), rows, old, new, columns }
    }

    fn unknown(&self) -> Image {
        Image::unknown(self.narrowing)
    }

    fn set(&self, image: &mut Image, column: ColumnId, value: Option<Value>) {
        if let Some(place) = self.narrowing.columns().iter().position(|known| *known == column) {
            image.0[place] = value;
        }
    }

    fn set_key(&self, image: &mut Image, key: &[Value]) {
        for (place, value) in self.narrowing.key().unwrap_or_default().iter().zip(key) {
            image.0[*place] = Some(value.clone());
        }
    }

    /// The key of a row with this image; a key with NULL in it identifies nothing.
    fn key(&self, image: &Image) -> Option<Vec<Value>> {
        let key: Vec<Value> = image.known(self.narrowing.key()?)?.into_iter().cloned().collect();
        (!key.contains(&Value::Null) || mutation::is(Mutation::NullKeysAreKnown)).then_some(key)
    }

    fn sets_key(&self, set: &[Assigned]) -> bool {
        set.iter().any(|assigned| self.table.primary_key().contains(&assigned.column))
    }

    fn value(&self, column: ColumnId, operand: &Operand) -> Option<Value> {
        let value = match operand {
            Operand::Parameter(number) => self.values.get(*number)?,
            Operand::Literal(value) => value,
        };
        canonical(self.table, column, value)
    }

    fn assign(&self, image: &mut Image, set: &[Assigned]) {
        for assigned in set {
            let value = assigned.operand.as_ref().and_then(|operand| self.value(assigned.column, operand));
            self.set(image, assigned.column, value);
        }
        self.forget_generated(image);
    }

    fn forget_generated(&self, image: &mut Image) {
        for (place, column) in self.narrowing.columns().iter().enumerate() {
            if self.table.column(*column).is_generated() {
                image.0[place] = None;
            }
        }
    }

    fn birth(&self, row: &[(ColumnId, Option<Operand>)]) -> Touch {
        let mut image = self.unknown();
        for (column, operand) in row {
            let value = operand.as_ref().and_then(|operand| self.value(*column, operand));
            self.set(&mut image, *column, value);
        }
        // NULL as the rowid is the database's choice, and so is NULL where a default stands in for it.
        for place in self.narrowing.key().unwrap_or_default() {
            if image.0[*place] == Some(Value::Null) && !mutation::is(Mutation::NullKeysAreKnown) {
                image.0[*place] = None;
            }
        }
        let rows = self.key(&image).map_or(Touched::Births, Touched::Row);
        self.touch(rows, None, Some(image), Columns::All)
    }

    /// The image before, of a row whose image afterwards is known: the same where SET does not reach.
    fn before(&self, after: &Image, set: &[Assigned]) -> Image {
        let mut before = after.clone();
        set.iter().for_each(|assigned| self.set(&mut before, assigned.column, None));
        self.forget_generated(&mut before);
        before
    }

    /// Takes from WHERE what it fixes to one value for all rows.
    fn merge_fixed(&self, before: &mut Image, fixed: &[Image]) {
        if let [only] = fixed {
            for (value, fixed) in before.0.iter_mut().zip(&only.0) {
                *value = value.take().or_else(|| fixed.clone());
            }
        }
    }

    /// What WHERE says of the rows before: one image for each combination of values.
    fn fixed_images(&self, fixed: &[Fixed]) -> Vec<Image> {
        let mut images = vec![self.unknown()];
        let mut seen = ColumnSet::default();
        for fixed in fixed {
            if seen.contains(fixed.column) || !self.narrowing.columns().contains(&fixed.column) {
                continue;
            }
            let values = fixed.operands.iter().map(|operand| self.value(fixed.column, operand));
            let Some(mut values) = values.collect::<Option<Vec<Value>>>() else { continue };
            values.sort_unstable();
            values.dedup();
            if images.len() * values.len() > MAX_ROWS {
                continue;
            }
            seen.insert(fixed.column);
            images = images
                .iter()
                .flat_map(|image| {
                    values.iter().map(|value| {
                        let mut image = image.clone();
                        self.set(&mut image, fixed.column, Some(value.clone()));
                        image
                    })
                })
                .collect();
        }
        images
    }

    /// The rows that RETURNING shows, if all were read and each shows its key.
    fn returned(&self, returning: Option<&Returning>) -> Option<Vec<Returned>> {
        match self.ran {
            Ran::Rows(rows) => self.read_returned(rows, returning?),
            Ran::First(rows) if mutation::is(Mutation::FirstReturnedRowIsAll) => {
                self.read_returned(rows, returning?)
            }
            _ => None,
        }
    }

    /// As [`returned`](Self::returned); and one row of VALUES returns one row, so that the first is all.
    fn returned_by_insert(&self, insert: &Insert) -> Option<Vec<Returned>> {
        let returning = insert.returning.as_ref();
        match (self.ran, &insert.rows) {
            (Ran::First(rows), Some(values)) if values.len() == 1 => self.read_returned(rows, returning?),
            _ => self.returned(returning),
        }
    }

    /// One row that was read is the only one if the statement fixes the key.
    fn returned_by_key(&self, returning: Option<&Returning>, fixed: &[Image]) -> Option<Vec<Returned>> {
        let Ran::First(rows) = self.ran else { return None };
        let [only] = fixed else { return None };
        self.key(only)?;
        self.read_returned(rows, returning?)
    }

    fn read_returned(&self, rows: &dyn Rows, returning: &Returning) -> Option<Vec<Returned>> {
        let shows = returning.shows(self.table.primary_key());
        let fits = rows.is_empty() || returning.width == Some(rows.columns());
        // A trigger may write and then make its row be passed over, so that nothing is returned.
        let is_told = !rows.is_empty() || !self.catalog.closure().has_triggers(self.table.id());
        if rows.len() > MAX_ROWS || !shows || !fits || !is_told {
            return None;
        }
        (0..rows.len())
            .map(|row| {
                let mut image = self.unknown();
                for output in &returning.outputs {
                    let value = canonical(self.table, output.column, &rows.value(row, output.position));
                    self.set(&mut image, output.column, value);
                }
                Some(Returned { key: self.key(&image)?, image })
            })
            .collect()
    }
}
