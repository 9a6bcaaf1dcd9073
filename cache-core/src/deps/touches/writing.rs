//! One write of one table, and the images that can be proved of its rows.

use super::{MAX_ROWS, Ran};
use crate::deps::before::Before;
use crate::deps::catalog::Catalog;
use crate::deps::closure::changed;
use crate::deps::model::{Image, Touch, Touched};
use crate::deps::narrowing::{Narrowing, canonical};
use crate::mutation::{self, Mutation};
use crate::schema::{Column, ColumnId, ColumnSet, Columns, Table, TableId};
use crate::sql::{Assigned, Fixed, Operand, RowVersion};
use crate::value::Value;

/// What is known of a write beside its text.
#[derive(Clone, Copy)]
pub(super) struct Known<'w> {
    pub(super) values: &'w [Value],
    pub(super) before: Option<&'w Before>,
    pub(super) ran: Ran<'w>,
    pub(super) row: Option<TriggerRow<'w>>,
}

/// The row that fires a trigger, as far as it is known.
#[derive(Clone, Copy)]
pub(in crate::deps) struct TriggerRow<'r> {
    pub(in crate::deps) table: TableId,
    pub(in crate::deps) old: Option<&'r Image>,
    pub(in crate::deps) new: Option<&'r Image>,
}

pub(super) struct Writing<'w> {
    pub(super) catalog: &'w Catalog,
    pub(super) table: &'w Table,
    pub(super) narrowing: &'w Narrowing,
    pub(super) values: &'w [Value],
    pub(super) before: Option<&'w Before>,
    pub(super) ran: Ran<'w>,
    pub(super) row: Option<TriggerRow<'w>>,
}

/// One row as RETURNING shows it.
pub(super) struct Returned {
    pub(super) key: Vec<Value>,
    pub(super) image: Image,
}

impl<'w> Writing<'w> {
    pub(super) fn new(catalog: &'w Catalog, table: TableId, known: Known<'w>) -> Self {
        let Known { values, before, ran, row } = known;
        let before = before.filter(|before| before.table == table);
        let (narrowing, table) = (catalog.narrowing(table), catalog.table(table));
        Self { catalog, table, narrowing, values, before, ran, row }
    }

    /// What these values say of a row.
    pub(super) fn image_of(&self, row: &[(ColumnId, Value)]) -> Image {
        let mut image = Image::unknown(self.narrowing);
        for (column, value) in row {
            self.set(&mut image, *column, canonical(self.table, *column, value));
        }
        image
    }

    pub(super) fn touch(
        &self,
        rows: Touched,
        old: Option<Image>,
        new: Option<Image>,
        columns: Columns,
    ) -> Touch {
        Touch::Rows { table: self.table.id(), rows, old, new, columns }
    }

    pub(super) fn unknown(&self) -> Image {
        Image::unknown(self.narrowing)
    }

    pub(super) fn set(&self, image: &mut Image, column: ColumnId, value: Option<Value>) {
        if let Some(place) = self.narrowing.columns().iter().position(|known| *known == column) {
            image.0[place] = value;
        }
    }

    pub(super) fn set_key(&self, image: &mut Image, key: &[Value]) {
        for (place, value) in self.narrowing.key().unwrap_or_default().iter().zip(key) {
            image.0[*place] = Some(value.clone());
        }
    }

    /// The key of a row with this image; a key with NULL in it identifies nothing.
    pub(super) fn key(&self, image: &Image) -> Option<Vec<Value>> {
        let key: Vec<Value> = image.known(self.narrowing.key()?)?.into_iter().cloned().collect();
        (!key.contains(&Value::Null) || mutation::is(Mutation::NullKeysAreKnown)).then_some(key)
    }

    /// Whether setting these may make a row conflict with another, or refuse NULL in favour of a default.
    pub(super) fn may_conflict(&self, set: &[Assigned]) -> bool {
        let Columns::Some(changed) =
            changed(self.table, set.iter().map(|assigned| assigned.column).collect())
        else {
            return true;
        };
        let in_key = self.table.primary_key().iter().any(|column| changed.contains(*column))
            || self.table.unique_keys().iter().any(|key| key.meets(&changed));
        let refuses_null = |assigned: &Assigned| {
            let is_not_null = self.table.column(assigned.column).is_not_null();
            let value = assigned.operand.as_ref().and_then(|operand| self.value(assigned.column, operand));
            is_not_null && value == Some(Value::Null)
        };
        in_key || set.iter().any(refuses_null)
    }

    /// Whether the key may be another afterwards: SET names it, or a trigger sets it.
    pub(super) fn sets_key(&self, set: &[Assigned]) -> bool {
        let mut key = self.table.primary_key().iter();
        key.any(|column| {
            self.table.column(*column).is_generated() || set.iter().any(|assigned| assigned.column == *column)
        })
    }

    pub(super) fn value(&self, column: ColumnId, operand: &Operand) -> Option<Value> {
        match operand {
            Operand::Parameter(number) => canonical(self.table, column, self.values.get(*number)?),
            Operand::Literal(value) => canonical(self.table, column, value),
            Operand::Row(version, name) => {
                let (source, value) = self.trigger_value(*version, name)?;
                // A form of another collation says nothing here.
                if source.compares_like(self.table.column(column)) {
                    return Some(value.clone());
                }
                canonical(self.table, column, value)
            }
            Operand::Elements(_) => None,
        }
    }

    /// The value that a column holds after this was stored in it.
    pub(super) fn stored(&self, column: ColumnId, operand: &Operand) -> Option<Value> {
        let is_kept = |value: &Value| {
            self.table.column(column).keeps(value)
                || *value == Value::Null && mutation::is(Mutation::NullKeysAreKnown)
        };
        self.value(column, operand).filter(is_kept)
    }

    /// The values that a condition allows.
    fn allowed(&self, column: ColumnId, operand: &Operand) -> Option<Vec<Value>> {
        match operand {
            Operand::Elements(number) => match self.values.get(*number)? {
                Value::Array(values) => {
                    values.iter().map(|value| canonical(self.table, column, value)).collect()
                }
                _ => None,
            },
            operand => Some(vec![self.value(column, operand)?]),
        }
    }

    /// The value of a column of the row that fired the trigger.
    pub(super) fn trigger_value(&self, version: RowVersion, name: &str) -> Option<(&'w Column, &'w Value)> {
        let row = self.row?;
        let image = match version {
            RowVersion::Old => row.old?,
            RowVersion::New => row.new?,
        };
        let table = self.catalog.table(row.table);
        let column = table.column_named(name)?;
        let columns = self.catalog.narrowing(row.table).columns();
        let value = image.0[columns.iter().position(|known| *known == column)?].as_ref()?;
        Some((table.column(column), value))
    }

    pub(super) fn assign(&self, image: &mut Image, set: &[Assigned]) {
        for assigned in set {
            let value = assigned.operand.as_ref().and_then(|operand| self.stored(assigned.column, operand));
            self.set(image, assigned.column, value);
        }
        self.forget_generated(image);
    }

    pub(super) fn forget_generated(&self, image: &mut Image) {
        for (place, column) in self.narrowing.columns().iter().enumerate() {
            if self.table.column(*column).is_generated() {
                image.0[place] = None;
            }
        }
    }

    pub(super) fn birth(&self, row: &[(ColumnId, Option<Operand>)]) -> Touch {
        let mut image = self.unknown();
        for (column, operand) in row {
            let value = operand.as_ref().and_then(|operand| self.stored(*column, operand));
            self.set(&mut image, *column, value);
        }
        self.forget_generated(&mut image);
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
    pub(super) fn before(&self, after: &Image, set: &[Assigned]) -> Image {
        let mut before = after.clone();
        set.iter().for_each(|assigned| self.set(&mut before, assigned.column, None));
        self.forget_generated(&mut before);
        before
    }

    /// Takes from WHERE what it fixes to one value for all rows.
    pub(super) fn merge_fixed(&self, before: &mut Image, fixed: &[Image]) {
        if let [only] = fixed {
            for (value, fixed) in before.0.iter_mut().zip(&only.0) {
                *value = value.take().or_else(|| fixed.clone());
            }
        }
    }

    /// What WHERE says of the rows before: one image for each combination of values.
    pub(super) fn fixed_images(&self, fixed: &[Fixed]) -> Vec<Image> {
        let mut images = vec![self.unknown()];
        let mut seen = ColumnSet::default();
        for fixed in fixed {
            if seen.contains(fixed.column) || !self.narrowing.columns().contains(&fixed.column) {
                continue;
            }
            let values = fixed.operands.iter().map(|operand| self.allowed(fixed.column, operand));
            let Some(values) = values.collect::<Option<Vec<Vec<Value>>>>() else { continue };
            let mut values = values.concat();
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
}
