//! Tables, and what writes behind a statement's back.

use super::column::Column;
use super::columns::{ColumnId, ColumnSet};
use super::mysql::NOT_SHOWN;
use super::name::RelationName;

/// The place of a table in its schema.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableId(u32);

impl TableId {
    pub(crate) const fn from_index(index: usize) -> Self {
        Self(index as u32)
    }

    /// The place, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A base table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    pub(super) id: TableId,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) columns: Vec<Column>,
    pub(super) primary_key: Vec<ColumnId>,
    pub(super) rowid_key: bool,
    pub(super) unique_keys: Vec<ColumnSet>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) replaces_on_conflict: bool,
    pub(super) keeps_on_conflict: bool,
    pub(super) immediate: bool,
    pub(super) parents: Vec<TableId>,
    pub(super) relatives: Vec<TableId>,
    pub(super) unstorable: Option<String>,
    pub(super) lockable: bool,
    pub(super) partitioned: bool,
}

impl Table {
    /// Its place in the schema.
    #[must_use]
    pub fn id(&self) -> TableId {
        self.id
    }

    /// The same without what differs between sessions: what they see beside, and what they may do.
    pub(super) fn as_seen_by_all(&self) -> Self {
        let mut table = self.clone();
        table.id = TableId::from_index(0);
        table.lockable = true;
        table.parents.clear();
        table.relatives.clear();
        table.triggers.retain(|trigger| trigger.text != NOT_SHOWN);
        table.foreign_keys.iter_mut().for_each(|key| key.references = None);
        table
    }

    /// Its name as declared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace that it is in, if that is not the usual one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The tables with which it shares rows: what it inherits from, its partitions, and theirs.
    #[must_use]
    pub fn relatives(&self) -> &[TableId] {
        &self.relatives
    }

    /// Why results that show its rows must not be kept, if so.
    #[must_use]
    pub fn unstorable(&self) -> Option<&str> {
        self.unstorable.as_deref()
    }

    /// Whether the session may lock its rows.
    #[must_use]
    pub fn is_lockable(&self) -> bool {
        self.lockable
    }

    /// Whether its rows are those of its partitions.
    #[must_use]
    pub fn is_partitioned(&self) -> bool {
        self.partitioned
    }

    /// Its columns in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column with this id.
    ///
    /// # Panics
    /// If the id comes from a table with more columns.
    #[must_use]
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.columns[id.index()]
    }

    /// The column of this name, as it is spelled or else ASCII case ignored.
    #[must_use]
    pub fn column_named(&self, name: &str) -> Option<ColumnId> {
        let same = |column: &Column| column.name() == name;
        let alike = |column: &Column| column.name().eq_ignore_ascii_case(name);
        let index = self.columns.iter().position(same).or_else(|| self.columns.iter().position(alike))?;
        Some(ColumnId::from_index(index))
    }

    /// The columns of the primary key, in key order; empty if there is none.
    #[must_use]
    pub fn primary_key(&self) -> &[ColumnId] {
        &self.primary_key
    }

    /// Whether the primary key is SQLite's rowid, so that inserting NULL lets the database choose.
    #[must_use]
    pub fn has_rowid_key(&self) -> bool {
        self.rowid_key
    }

    /// Whether a column of the primary key may be NULL, which SQLite allows unless the key is the rowid.
    #[must_use]
    pub fn may_have_null_key(&self) -> bool {
        !self.rowid_key && self.primary_key.iter().any(|column| !self.column(*column).is_not_null())
    }

    /// The unique keys beside the primary key.
    #[must_use]
    pub fn unique_keys(&self) -> &[ColumnSet] {
        &self.unique_keys
    }

    /// The foreign keys that this table declares.
    #[must_use]
    pub fn foreign_keys(&self) -> &[ForeignKey] {
        &self.foreign_keys
    }

    /// The triggers on this table.
    #[must_use]
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// Whether a conflict clause of the table itself lets an ordinary INSERT or UPDATE delete other rows.
    #[must_use]
    pub fn replaces_on_conflict(&self) -> bool {
        self.replaces_on_conflict
    }

    /// Whether a conflict clause of the table itself keeps what a statement had done before it failed.
    #[must_use]
    pub fn keeps_on_conflict(&self) -> bool {
        self.keeps_on_conflict
    }

    /// Whether what is written stays, and is seen by others, whatever becomes of the transaction.
    #[must_use]
    pub fn is_immediate(&self) -> bool {
        self.immediate
    }
}

/// What happens to referencing rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReferentialAction {
    /// They are left alone, or the statement fails.
    Restrict,
    /// They are deleted, or follow the new key.
    Cascade,
    /// Their columns become NULL.
    SetNull,
    /// Their columns become the default.
    SetDefault,
}

/// Whether all rows keep a constraint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Validity {
    Guaranteed,
    /// Rows that are older than it were never checked.
    Doubtful,
}

/// A foreign key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForeignKey {
    pub(super) columns: Vec<ColumnId>,
    pub(super) references: Option<TableId>,
    pub(super) referenced: Vec<ColumnId>,
    pub(super) on_delete: ReferentialAction,
    pub(super) on_update: ReferentialAction,
    pub(super) validity: Validity,
}

impl ForeignKey {
    /// The referencing columns.
    #[must_use]
    pub fn columns(&self) -> &[ColumnId] {
        &self.columns
    }

    /// The referenced table; `None` if the schema does not have it.
    #[must_use]
    pub fn references(&self) -> Option<TableId> {
        self.references
    }

    /// The referenced columns, one for each of [`columns`](Self::columns); empty if unknown.
    #[must_use]
    pub fn referenced(&self) -> &[ColumnId] {
        &self.referenced
    }

    /// Whether what it references exists for every row, as far as foreign keys are enforced.
    #[must_use]
    pub fn guarantees_partner(&self) -> bool {
        self.validity == Validity::Guaranteed
    }

    /// What a DELETE of the referenced row does.
    #[must_use]
    pub fn on_delete(&self) -> ReferentialAction {
        self.on_delete
    }

    /// What an UPDATE of the referenced key does.
    #[must_use]
    pub fn on_update(&self) -> ReferentialAction {
        self.on_update
    }
}

/// Which statements fire a trigger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TriggerEvent {
    /// INSERT.
    Insert,
    /// DELETE.
    Delete,
    /// UPDATE of these columns; empty: of any.
    Update(Vec<String>),
    /// Emptying the table as a whole.
    Truncate,
    /// Not understood: every write.
    Any,
}

/// A trigger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// Which statements fire it.
    pub event: TriggerEvent,
    /// Its whole text; the tables that it writes are found in it.
    pub text: String,
}

/// A view that can be read through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    pub(super) name: RelationName,
    pub(super) query: String,
    pub(super) columns: Vec<String>,
    pub(super) triggers: Vec<Trigger>,
}

impl View {
    /// A view with this defining query and these column names, in order.
    #[must_use]
    pub fn new(
        name: impl Into<RelationName>,
        query: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            query: query.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            triggers: Vec::new(),
        }
    }

    /// Adds an INSTEAD OF trigger.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Its name as declared.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.name()
    }

    /// The query that defines it.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Its column names, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Its INSTEAD OF triggers.
    #[must_use]
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }
}
