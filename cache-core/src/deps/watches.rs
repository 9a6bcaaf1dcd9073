//! A read's plan, values and rows to what it watches.
//!
//! For each source one of four cases holds, the narrowest first: the key is fixed (row watches, found or
//! not); the rows matter only as partners (row watches, and births if one may be missing); a scope is fixed
//! (a scope watch for each pattern); nothing is (the empty pattern). Rows that the result identifies are
//! watched for their payload columns; otherwise payload counts like membership.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::encode;
use super::model::{Exactness, Image, Pattern, Presence, Watch};
use super::narrowing::{Narrowing, canonical};
use super::rows::Rows;
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, Columns, Dialect, Table};
use crate::sql::{Operand, Partner, ReadPlan, Source};
use crate::value::Value;

/// A look-up of more keys than this is a read of the table.
const MAX_KEYS: usize = 128;
/// A list of more patterns than this is a read of the table.
const MAX_PATTERNS: usize = 16;
/// The rows of a longer result are watched together, not one by one.
const MAX_ROWS: usize = 512;

/// More rows than these do not name their values in all scopes together.
const FEW_ROWS: usize = 6;

/// What a read watches: `rows` is its result, `None` if it is not known.
#[must_use]
pub fn watches(catalog: &Catalog, plan: &ReadPlan, values: &[Value], rows: Option<&dyn Rows>) -> Vec<Watch> {
    let rows =
        rows.filter(|rows| rows.len() <= MAX_ROWS && (rows.is_empty() || plan.width == Some(rows.columns())));
    let mut watches = Vec::new();
    for source in &plan.sources {
        let reading = Reading {
            source,
            table: catalog.table(source.table),
            narrowing: catalog.narrowing(source.table),
            may_have_null_key: catalog.schema().dialect() == Dialect::Sqlite
                && catalog.table(source.table).may_have_null_key(),
            known: Known::new(catalog.table(source.table), source, values),
        };
        reading.watch(rows, &mut watches);
    }
    watches
}

/// The values that each fixed column may have, as far as all of them are canonical.
struct Known {
    values: BTreeMap<ColumnId, Vec<Value>>,
    /// Whether every condition of the source is in `values`.
    complete: bool,
}

impl Known {
    fn new(table: &Table, source: &Source, bound: &[Value]) -> Self {
        let mut known = Self { values: BTreeMap::new(), complete: true };
        for fixed in &source.fixed {
            let known_as = |value: &Value| {
                canonical(table, fixed.column, value)
                    .or_else(|| mutation::is(Mutation::ReadersNameUnknownValues).then(|| value.clone()))
            };
            let values = fixed.operands.iter().map(|operand| match operand {
                Operand::Parameter(number) => Some(vec![known_as(bound.get(*number)?)?]),
                Operand::Elements(number) => match bound.get(*number)? {
                    Value::Array(values) => values.iter().map(known_as).collect(),
                    _ => None,
                },
                Operand::Literal(value) => Some(vec![known_as(value)?]),
                Operand::Row(..) => None,
            });
            match values.collect::<Option<Vec<Vec<Value>>>>().map(|values| values.concat()) {
                Some(mut values) if !known.values.contains_key(&fixed.column) => {
                    values.sort_unstable();
                    values.dedup();
                    known.values.insert(fixed.column, values);
                }
                Some(_) => {}
                None => known.complete = false,
            }
        }
        known
    }

    /// Every combination of the values of these columns; `None` if one is not fixed or there are too many.
    fn combinations(&self, columns: impl Iterator<Item = ColumnId>, limit: usize) -> Option<Vec<Vec<Value>>> {
        let mut combinations = vec![Vec::new()];
        for column in columns {
            let values = self.values.get(&column)?;
            if combinations.len() * values.len() > limit {
                return None;
            }
            combinations = combinations
                .iter()
                .flat_map(|start: &Vec<Value>| {
                    values.iter().map(move |value| start.iter().cloned().chain([value.clone()]).collect())
                })
                .collect();
        }
        Some(combinations)
    }
}

/// One source of a read, with what the call's values say of it.
struct Reading<'r> {
    source: &'r Source,
    table: &'r Table,
    narrowing: &'r Narrowing,
    /// Whether the key of a row may have a NULL in it.
    may_have_null_key: bool,
    known: Known,
}

/// A row of the source that the result shows.
struct Seen {
    key: Vec<Value>,
    image: Image,
}

impl Reading<'_> {
    fn watch(&self, rows: Option<&dyn Rows>, watches: &mut Vec<Watch>) {
        let seen = rows.and_then(|rows| self.seen(rows));
        // Rows that cannot be told apart are watched together: what they show decides like a condition.
        let mut membership = self.source.membership.clone();
        if seen.is_none() && !mutation::is(Mutation::UnidentifiedPayloadIsNotWatched) {
            membership.extend(&self.source.payload);
        }
        if self.by_key(seen.as_deref(), &membership, watches) {
            return;
        }
        if let (Some(partner), Some(seen)) = (self.source.partner, seen.as_deref()) {
            let mut columns = membership.clone();
            columns.extend(&self.source.payload);
            self.rows_seen(seen, &columns, None, watches);
            let may_come = partner == Partner::Possible || rows.is_some_and(|rows| self.is_dangling(rows));
            if may_come && !mutation::is(Mutation::MissingPartnersAreNotWatched) {
                watches.push(Watch::Births { table: self.table.id() });
            }
            return;
        }
        let mut payload = self.source.payload.clone();
        let patterns = self.patterns();
        let preferred = patterns.as_ref().map(|(scope, _)| *scope);
        match patterns {
            Some((scope, patterns)) => {
                let exactness = self.exactness(scope, seen.is_some());
                let mut columns = membership.clone();
                if exactness == Exactness::Exact {
                    // Whatever else decides the order of the result is in the row watches.
                    payload.extend(&membership);
                    columns = Columns::default();
                }
                for place in self.narrowing.scopes()[scope].places() {
                    columns.insert(self.narrowing.columns()[*place]);
                }
                watches.extend(patterns.into_iter().map(|values| Watch::Scope {
                    table: self.table.id(),
                    pattern: Some(Pattern { scope, values }),
                    columns: columns.clone(),
                    exactness,
                }));
            }
            None => watches.push(Watch::Scope {
                table: self.table.id(),
                pattern: None,
                columns: membership,
                exactness: Exactness::Inexact,
            }),
        }
        if let Some(seen) = seen {
            self.rows_seen(&seen, &payload, preferred, watches);
        }
    }

    /// Rule 3: a look-up by key watches those rows, found or not.
    fn by_key(&self, seen: Option<&[Seen]>, membership: &Columns, watches: &mut Vec<Watch>) -> bool {
        let Some(key) = self.narrowing.key() else { return false };
        let columns = key.iter().map(|place| self.narrowing.columns()[*place]);
        let Some(keys) = self.known.combinations(columns, MAX_KEYS) else { return false };
        let mut used = membership.clone();
        used.extend(&self.source.payload);
        for key in keys {
            let row = seen.and_then(|seen| seen.iter().find(|row| row.key == key));
            if row.is_none() && mutation::is(Mutation::AbsentRowsAreNotWatched) {
                continue;
            }
            let presence = if row.is_some() { Presence::Seen } else { Presence::Unseen };
            let image = row.map_or_else(|| Image::unknown(self.narrowing), |row| row.image.clone());
            watches.push(self.row_watch(key, image, &used, presence, None));
        }
        true
    }

    fn rows_seen(&self, seen: &[Seen], columns: &Columns, scope: Option<usize>, watches: &mut Vec<Watch>) {
        if mutation::is(Mutation::PayloadIsNotWatched) {
            return;
        }
        for row in seen {
            // Many rows name their values in few patterns.
            let best = || encode::best_scope(self.narrowing, &row.image).filter(|_| seen.len() > FEW_ROWS);
            let scope = scope.or_else(best);
            watches.push(self.row_watch(row.key.clone(), row.image.clone(), columns, Presence::Seen, scope));
        }
    }

    fn row_watch(
        &self,
        key: Vec<Value>,
        image: Image,
        columns: &Columns,
        presence: Presence,
        scope: Option<usize>,
    ) -> Watch {
        // An image names only values that the result shows, and these columns count as used with all others
        // that it shows.
        let columns = columns.clone();
        Watch::Row { table: self.table.id(), key, image, columns, presence, scope }
    }

    /// The narrowest scope of which every column is fixed, and the patterns that its values make.
    fn patterns(&self) -> Option<(usize, Vec<Vec<Value>>)> {
        let scopes = self.narrowing.scopes().iter().enumerate();
        let fixed = scopes.filter_map(|(index, scope)| {
            let columns = scope.places().iter().map(|place| self.narrowing.columns()[*place]);
            Some((index, self.known.combinations(columns, MAX_PATTERNS)?))
        });
        fixed.max_by_key(|(index, patterns)| {
            let scope = &self.narrowing.scopes()[*index];
            (scope.places().len(), std::cmp::Reverse(patterns.len()), scope.is_declared())
        })
    }

    /// Rule 5.
    fn exactness(&self, scope: usize, identified: bool) -> Exactness {
        let places = self.narrowing.scopes()[scope].places();
        let in_scope =
            |column: &ColumnId| places.iter().any(|place| self.narrowing.columns()[*place] == *column);
        let only_scope = self.source.only_fixed
            && self.known.complete
            && self.source.fixed.iter().all(|fixed| in_scope(&fixed.column));
        if identified && (only_scope || mutation::is(Mutation::EveryReadIsExact)) {
            Exactness::Exact
        } else {
            Exactness::Inexact
        }
    }

    /// The rows of this source that the result shows; `None` if it does not show which they are.
    fn seen(&self, rows: &dyn Rows) -> Option<Vec<Seen>> {
        if !self.source.identified {
            return None;
        }
        let key = self.narrowing.key()?;
        let mut seen: Vec<Seen> = Vec::new();
        for row in 0..rows.len() {
            let image =
                Image(self.narrowing.columns().iter().map(|column| self.shown(rows, row, *column)).collect());
            let key: Vec<Value> = image.known(key)?.into_iter().cloned().collect();
            // An outer join stands in NULLs for a row that is not there; but a row of SQLite may itself have
            // a NULL in its key, and then nothing tells it from others.
            if key.contains(&Value::Null) {
                if self.may_have_null_key {
                    return None;
                }
                continue;
            }
            if !seen.iter().any(|row| row.key == key) {
                seen.push(Seen { key, image });
            }
        }
        Some(seen)
    }

    /// Whether a row of the result misses its partner although it may reference one. Foreign keys are not
    /// enforced on every connection, and rows may be older than their enforcement.
    fn is_dangling(&self, rows: &dyn Rows) -> bool {
        let shows_null = |row: usize, position: &usize| rows.value(row, *position) == Value::Null;
        let key = self.table.primary_key();
        (0..rows.len()).any(|row| {
            let is_missing = key.iter().any(|column| self.shown(rows, row, *column) == Some(Value::Null));
            is_missing && !self.source.referenced_from.iter().any(|position| shows_null(row, position))
        })
    }

    fn shown(&self, rows: &dyn Rows, row: usize, column: ColumnId) -> Option<Value> {
        let output = self.source.outputs.iter().find(|output| output.column == column)?;
        canonical(self.table, column, &rows.value(row, output.position))
    }
}
