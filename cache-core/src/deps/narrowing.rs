//! Which columns of a table narrow, and the hashes that stand for them.

use crate::entity::Declaration;
use crate::mark::MarkHasher;
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, Table};
use crate::value::Value;

/// A pattern has at most this many columns: readers hash every generalisation of theirs.
pub(crate) const MAX_SCOPE_COLUMNS: usize = 4;

/// Keys are no scopes of a table that has this many already: each costs every write marks of its own.
const MAX_SCOPES: usize = 8;

/// The key and the scopes of one table.
#[derive(Clone, Debug)]
pub struct Narrowing {
    columns: Vec<ColumnId>,
    key: Option<Vec<usize>>,
    scopes: Vec<Scope>,
    /// All columns of the scopes together: what a few rows name their values in.
    joint: Option<Scope>,
    /// Stands for the table in marks.
    pub(super) domain: u64,
    /// Stands for each column of the table in marks.
    pub(super) facets: Vec<u64>,
}

/// A declared scope, resolved.
#[derive(Clone, Debug)]
pub struct Scope {
    places: Vec<usize>,
    declared: bool,
    pub(super) domain: u64,
}

impl Scope {
    /// The places of its columns among the narrowing columns.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Whether the user declared it; keys are scopes too.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.declared
    }
}

impl Narrowing {
    /// Resolves what was declared for a table. A scope that names a column which the table does not have, or
    /// whose equality is not that of its canonical form, is left out: it cannot narrow. The reason is
    /// returned for each.
    pub(super) fn new(database: u64, table: &Table, declarations: &[Declaration]) -> (Self, Vec<String>) {
        let hasher = match table.namespace() {
            Some(namespace) => MarkHasher::new(database).bytes(namespace.to_ascii_lowercase().as_bytes()),
            None => MarkHasher::new(database),
        };
        let domain = hasher.bytes(table.name().to_ascii_lowercase().as_bytes()).finish().bits();
        let facets = table
            .columns()
            .iter()
            .map(|column| MarkHasher::new(domain).bytes(column.name().to_ascii_lowercase().as_bytes()))
            .map(|hasher| hasher.finish().bits())
            .collect();
        let mut narrowing =
            Self { columns: Vec::new(), key: None, scopes: Vec::new(), joint: None, domain, facets };
        let key = table.primary_key();
        if !key.is_empty() && key.iter().all(|column| table.column(*column).narrows()) {
            narrowing.key = Some(key.iter().map(|column| narrowing.place(*column)).collect());
        }
        let mut left_out = Vec::new();
        let mut declared = Vec::new();
        let of_table = |declaration: &&Declaration| declaration.table().eq_ignore_ascii_case(table.name());
        for names in declarations.iter().filter(of_table).flat_map(Declaration::scopes) {
            match scope_columns(table, names) {
                Ok(columns) => declared.push(columns),
                Err(reason) => left_out.push(format!(
                    "scope ({}) of table `{}` does not narrow: {reason}",
                    names.join(", "),
                    table.name()
                )),
            }
        }
        // The registry has no order, and two programs with equal declarations must make equal marks.
        declared.sort_unstable_by_key(|columns: &Vec<ColumnId>| (columns.len(), columns.clone()));
        declared.into_iter().for_each(|columns| narrowing.add_scope(table, columns, true));
        narrowing.add_keys(table);
        narrowing.join_scopes();
        (narrowing, left_out)
    }

    /// Look-ups by a unique key and lists by a foreign key are what every application has: they are scopes
    /// without being declared.
    fn add_keys(&mut self, table: &Table) {
        let unique = table.unique_keys().iter().map(|key| key.iter().collect::<Vec<_>>());
        let foreign = table.foreign_keys().iter().map(|key| key.columns().to_vec());
        for columns in unique.chain(foreign) {
            let narrows = columns.iter().all(|column| table.column(*column).narrows());
            let is_key = columns == table.primary_key();
            if narrows
                && !is_key
                && !columns.is_empty()
                && columns.len() <= MAX_SCOPE_COLUMNS
                && self.scopes.len() < MAX_SCOPES
            {
                self.add_scope(table, columns, false);
            }
        }
    }

    fn join_scopes(&mut self) {
        let mut places: Vec<usize> =
            self.scopes.iter().flat_map(|scope| scope.places.iter().copied()).collect();
        places.sort_unstable();
        places.dedup();
        let is_one_of_them = self.scopes.iter().any(|scope| scope.places.len() == places.len());
        if !is_one_of_them && (2..=MAX_SCOPE_COLUMNS).contains(&places.len()) {
            const JOINT: u64 = u64::from_le_bytes(*b"scopejnt");
            let domain = MarkHasher::new(self.domain).number(JOINT).finish().bits();
            self.joint = Some(Scope { places, declared: false, domain });
        }
    }

    fn place(&mut self, column: ColumnId) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn add_scope(&mut self, table: &Table, mut columns: Vec<ColumnId>, declared: bool) {
        columns.sort_unstable();
        columns.dedup();
        let places: Vec<usize> = columns.iter().map(|column| self.place(*column)).collect();
        if self.scopes.iter().any(|scope| scope.places == places) {
            return;
        }
        let hasher = columns.iter().fold(MarkHasher::new(self.domain), |hasher, column| {
            hasher.bytes(table.column(*column).name().to_ascii_lowercase().as_bytes())
        });
        self.scopes.push(Scope { places, declared, domain: hasher.finish().bits() });
    }

    /// The columns whose values an image has: the key's and every scope's.
    #[must_use]
    pub fn columns(&self) -> &[ColumnId] {
        &self.columns
    }

    /// The places of the key's columns; `None` if the table has no key that identifies rows by canonical
    /// values.
    #[must_use]
    pub fn key(&self) -> Option<&[usize]> {
        self.key.as_deref()
    }

    /// All columns of the scopes together, if they are few.
    pub(super) fn joint(&self) -> Option<&Scope> {
        self.joint.as_ref()
    }

    /// The scopes.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
}

fn scope_columns(table: &Table, names: &[String]) -> Result<Vec<ColumnId>, String> {
    if names.is_empty() || names.len() > MAX_SCOPE_COLUMNS {
        return Err(format!("a scope has 1 to {MAX_SCOPE_COLUMNS} columns"));
    }
    let columns: Result<Vec<ColumnId>, String> = names
        .iter()
        .map(|name| {
            let column = table.column_named(name).ok_or_else(|| format!("there is no column `{name}`"))?;
            let narrows = table.column(column).narrows() || mutation::is(Mutation::CollatedColumnsNarrow);
            narrows.then_some(column).ok_or_else(|| {
                format!(
                    "equality of column `{name}` is not that of one canonical form (its type or collation)"
                )
            })
        })
        .collect();
    // Equal scopes have equal marks in whatever order their columns were named.
    columns.map(|mut columns| {
        columns.sort_unstable();
        columns.dedup();
        columns
    })
}

/// The canonical form of a value in a column, or nothing.
pub(super) fn canonical(table: &Table, column: ColumnId, value: &Value) -> Option<Value> {
    let definition = table.column(column);
    definition.canonical(value).or_else(|| {
        let ignore_collation = mutation::is(Mutation::CollatedColumnsNarrow);
        let ignore_type = mutation::is(Mutation::ConvertedValuesAreImages);
        ((ignore_collation || ignore_type) && *value != Value::Opaque).then(|| value.clone())
    })
}
