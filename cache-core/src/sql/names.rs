//! Which column of which table an identifier is.

use sqlparser::ast::Ident;

use super::plan::{Fixed, Output, Partner, Refusal};
use crate::mutation::{self, Mutation};
use crate::schema::fold;
use crate::schema::{ColumnId, Columns, Dialect, Routine, Schema, Table, TableId};

/// One place where a table is named, while its statement is being read.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) table: TableId,
    /// Columns in conditions, grouping, expressions.
    pub(super) filters: Columns,
    /// Columns in ORDER BY.
    pub(super) orders: Columns,
    /// Columns that are only shown.
    pub(super) payload: Columns,
    pub(super) outputs: Vec<Output>,
    /// Whether an outer join may stand in NULLs for it.
    pub(super) nullable: bool,
    /// What the conditions of its SELECT fix.
    pub(super) fixed: Vec<Fixed>,
    /// Whether the result is exactly the rows that `fixed` selects.
    pub(super) only_fixed: bool,
    /// Whether each row of the result is, among others, a row of this table.
    pub(super) shown: bool,
    /// Whether a condition other than the ON clause of its own left join names it.
    pub(super) decides: bool,
    pub(super) partner: Option<Partner>,
    /// Where the result shows the columns that reference it.
    pub(super) referenced_from: Vec<usize>,
}

/// What a name of a FROM clause is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// A base table: the place of its draft.
    Table(usize),
    /// A derived table, a view or a common table expression; its sources are drafts of their own.
    Derived,
}

/// The relations that one FROM clause names.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    pub(super) relations: Vec<(String, Bound)>,
    /// NATURAL or USING: an unqualified name may stand for two columns.
    pub(super) merged: bool,
    /// The names that the select list gives, which SQLite knows in every clause.
    pub(super) aliases: Vec<String>,
    /// The columns of views, by the name of the view here.
    pub(super) shown: Vec<(String, String)>,
}

/// Where an identifier was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnRef {
    pub(super) draft: usize,
    pub(super) column: ColumnId,
    /// Whether the identifier is exactly this column of the innermost FROM clause and nothing else.
    pub(super) exact: bool,
}

/// The state of reading one statement.
#[derive(Debug)]
pub(super) struct Names<'s> {
    pub(super) schema: &'s Schema,
    pub(super) drafts: Vec<Draft>,
    pub(super) namespaces: Vec<Namespace>,
    /// Names of common table expressions in force, innermost last.
    pub(super) ctes: Vec<String>,
    pub(super) refusal: Option<Refusal>,
    pub(super) may_write: bool,
    pub(super) aggregates: bool,
    /// A call in a sub-query folds the rows of a query around it.
    pub(super) folds_outside: bool,
    /// How many queries and views enclose the one being read.
    pub(super) depth: usize,
}

/// The column of this name; SQLite's names of the rowid are the key that it is.
fn column_of(table: &Table, name: &str) -> Option<ColumnId> {
    table.column_named(name).or_else(|| {
        let is_rowid = ["rowid", "oid", "_rowid_"].iter().any(|rowid| name.eq_ignore_ascii_case(rowid));
        (is_rowid && table.has_rowid_key()).then(|| table.primary_key().first().copied())?
    })
}

/// The name that an identifier denotes: PostgreSQL folds what stands without quotes.
pub(super) fn spelled(dialect: Dialect, name: &Ident) -> String {
    match dialect {
        Dialect::Postgres if name.quote_style.is_none() => name.value.to_ascii_lowercase(),
        _ => name.value.clone(),
    }
}

/// Which kind of use a column reference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Filter,
    Order,
}

/// What names a row, or something about it, on one database or another, and is no column of it.
const ROW_IDS: [&str; 10] =
    ["rowid", "oid", "_rowid_", "_rowid", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

impl<'s> Names<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            drafts: Vec::new(),
            namespaces: Vec::new(),
            ctes: Vec::new(),
            refusal: None,
            may_write: false,
            aggregates: false,
            folds_outside: false,
            depth: 0,
        }
    }

    pub(super) fn spelled(&self, name: &Ident) -> String {
        spelled(self.schema.dialect(), name)
    }

    /// The form in which the names that a statement gives compare: aliases, common table expressions.
    pub(super) fn known_as(&self, name: &Ident) -> String {
        fold(self.schema.dialect(), self.spelled(name))
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    pub(super) fn table(&self, draft: usize) -> &'s Table {
        self.schema.table(self.drafts[draft].table)
    }

    /// A new draft of this table; the caller binds it to a name.
    pub(super) fn draft(&mut self, table: TableId) -> usize {
        self.drafts.push(Draft {
            table,
            filters: Columns::default(),
            orders: Columns::default(),
            payload: Columns::default(),
            outputs: Vec::new(),
            nullable: false,
            fixed: Vec::new(),
            only_fixed: false,
            shown: false,
            decides: false,
            partner: None,
            referenced_from: Vec::new(),
        });
        self.drafts.len() - 1
    }

    /// Binds a name in the form of [`known_as`](Self::known_as).
    pub(super) fn bind(&mut self, name: &str, bound: Bound) {
        if let Some(namespace) = self.namespaces.last_mut() {
            namespace.relations.push((name.to_owned(), bound));
        }
    }

    /// The drafts that the innermost FROM clause binds, in order.
    pub(super) fn own_drafts(&self) -> Vec<usize> {
        let relations = self.namespaces.last().map(|namespace| namespace.relations.as_slice());
        relations
            .unwrap_or_default()
            .iter()
            .filter_map(|(_, bound)| match bound {
                Bound::Table(draft) => Some(*draft),
                Bound::Derived => None,
            })
            .collect()
    }

    /// Every column that `qualifier.name` or `name` may be.
    pub(super) fn resolve(&self, qualifier: Option<&Ident>, name: &Ident) -> Vec<ColumnRef> {
        let qualifier = qualifier.map(|qualifier| self.known_as(qualifier));
        let innermost = self.namespaces.len().saturating_sub(1);
        for (level, namespace) in self.namespaces.iter().enumerate().rev() {
            let mut found = Vec::new();
            let mut settled = false;
            for (alias, bound) in &namespace.relations {
                if qualifier.as_ref().is_some_and(|qualifier| qualifier != alias) {
                    continue;
                }
                settled |= qualifier.is_some();
                if let Bound::Table(draft) = bound
                    && let Some(column) = column_of(self.table(*draft), &self.spelled(name))
                {
                    found.push((*draft, column));
                }
            }
            if settled || !found.is_empty() {
                let merged = namespace.merged && qualifier.is_none();
                let exact = found.len() == 1 && level == innermost && !merged;
                return found.into_iter().map(|(draft, column)| ColumnRef { draft, column, exact }).collect();
            }
        }
        Vec::new()
    }

    /// Notes that a clause uses this identifier. One that resolves to nothing (a rowid, a whole row, a
    /// misspelt name, a column of a derived table) may be any column of any table in sight.
    pub(super) fn use_column(&mut self, qualifier: Option<&Ident>, name: &Ident, usage: Use) {
        let found = self.resolve(qualifier, name);
        if found.is_empty() {
            self.notation(qualifier, name);
            if !self.is_derived(qualifier, name) && !mutation::is(Mutation::UnresolvedNamesAreIgnored) {
                self.use_everything_in_sight();
            }
            return;
        }
        for reference in found {
            let draft = &mut self.drafts[reference.draft];
            match usage {
                Use::Filter => draft.filters.insert(reference.column),
                Use::Order => draft.orders.insert(reference.column),
            }
        }
    }

    /// What looks like a column may be PostgreSQL's other notation of a call (`article.full_name`), or one of its
    /// system columns, which change without any write of the row.
    pub(super) fn notation(&mut self, qualifier: Option<&Ident>, name: &Ident) {
        if self.schema.dialect() != Dialect::Postgres {
            return;
        }
        let name = self.spelled(name);
        // A column is one before it is anything else.
        if qualifier.is_some_and(|qualifier| self.is_shown(qualifier, &name)) {
            return;
        }
        if ["ctid", "xmin", "xmax", "cmin", "cmax"].contains(&name.as_str()) {
            self.refuse(Refusal::Clause("a system column"));
        }
        let routine = self.schema.routines().filter(|routines| routines.has(&name));
        match routine.map(|routines| routines.named(&name)) {
            Some(Routine::Unknown) if qualifier.is_some() => {
                self.may_write = true;
                self.refuse(Refusal::Function(name));
            }
            Some(Routine::Volatile) if qualifier.is_some() => self.refuse(Refusal::Function(name)),
            _ => {}
        }
    }

    /// Whether a view in sight, the nearest of this name, has such a column.
    fn is_shown(&self, qualifier: &Ident, column: &str) -> bool {
        let qualifier = self.known_as(qualifier);
        let has = |namespace: &&Namespace| namespace.relations.iter().any(|(alias, _)| *alias == qualifier);
        let nearest = self.namespaces.iter().rev().find(has);
        nearest.is_some_and(|namespace| {
            namespace.shown.iter().any(|(alias, shown)| *alias == qualifier && shown == column)
        })
    }

    /// Whether a name that no table has is a column of a derived relation, whose sources count all their
    /// columns as used already.
    pub(super) fn is_derived(&self, qualifier: Option<&Ident>, name: &Ident) -> bool {
        let in_sight = || self.namespaces.iter().rev().flat_map(|namespace| &namespace.relations);
        match qualifier {
            Some(qualifier) => in_sight()
                .find(|(alias, _)| self.known_as(qualifier) == *alias)
                .is_some_and(|(_, bound)| *bound == Bound::Derived),
            None => {
                let whole_row = in_sight().any(|(alias, _)| name.value.eq_ignore_ascii_case(alias));
                let row_id = ROW_IDS.iter().any(|system| name.value.eq_ignore_ascii_case(system));
                let alias = self
                    .namespaces
                    .iter()
                    .flat_map(|namespace| &namespace.aliases)
                    .any(|alias| name.value.eq_ignore_ascii_case(alias));
                !whole_row && !row_id && !alias && in_sight().any(|(_, bound)| *bound == Bound::Derived)
            }
        }
    }

    pub(super) fn use_everything_in_sight(&mut self) {
        let drafts: Vec<usize> = self
            .namespaces
            .iter()
            .flat_map(|namespace| &namespace.relations)
            .filter_map(|(_, bound)| match bound {
                Bound::Table(draft) => Some(*draft),
                Bound::Derived => None,
            })
            .collect();
        for draft in drafts {
            self.drafts[draft].filters = Columns::All;
        }
    }

    /// Notes that clauses use all columns of this draft.
    pub(super) fn use_all(&mut self, draft: usize) {
        self.drafts[draft].filters = Columns::All;
    }
}
