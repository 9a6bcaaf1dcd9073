//! Tables as they are declared: by name, before names are resolved.

use super::column::Column;
use super::columns::{ColumnId, ColumnSet};
use super::name::RelationName;
use super::table::{ForeignKey, ReferentialAction, Table, TableId, Trigger, Validity};
use crate::error::{Error, ErrorKind, Result};

/// A table as introspection or the user declares it; [`Schema::new`](super::Schema::new) resolves its names.
#[derive(Clone, Debug)]
pub struct TableDefinition {
    name: RelationName,
    columns: Vec<Column>,
    primary_key: Vec<String>,
    rowid_key: bool,
    unique_keys: Vec<Vec<String>>,
    foreign_keys: Vec<ForeignKeyDefinition>,
    triggers: Vec<Trigger>,
    replaces_on_conflict: bool,
    keeps_on_conflict: bool,
    immediate: bool,
    parents: Vec<RelationName>,
    unstorable: Option<String>,
    lockable: bool,
    partitioned: bool,
}

#[derive(Clone, Debug)]
struct ForeignKeyDefinition {
    columns: Vec<String>,
    references: RelationName,
    referenced: Vec<String>,
    on_delete: ReferentialAction,
    on_update: ReferentialAction,
    validity: Validity,
}

impl TableDefinition {
    /// A table without columns.
    #[must_use]
    pub fn new(name: impl Into<RelationName>) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            rowid_key: false,
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            triggers: Vec::new(),
            replaces_on_conflict: false,
            keeps_on_conflict: false,
            immediate: false,
            parents: Vec::new(),
            unstorable: None,
            lockable: true,
            partitioned: false,
        }
    }

    /// Appends a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Sets the primary key.
    #[must_use]
    pub fn primary_key(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.primary_key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Declares that the primary key is SQLite's rowid.
    #[must_use]
    pub fn rowid_key(mut self) -> Self {
        self.rowid_key = true;
        self
    }

    /// Adds a unique key beside the primary key.
    #[must_use]
    pub fn unique_key(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.unique_keys.push(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a foreign key; no referenced columns means the referenced table's primary key.
    #[must_use]
    pub fn foreign_key(
        mut self,
        columns: impl IntoIterator<Item = impl Into<String>>,
        references: impl Into<RelationName>,
        referenced: impl IntoIterator<Item = impl Into<String>>,
        on_delete: ReferentialAction,
        on_update: ReferentialAction,
    ) -> Self {
        self.foreign_keys.push(ForeignKeyDefinition {
            columns: columns.into_iter().map(Into::into).collect(),
            references: references.into(),
            referenced: referenced.into_iter().map(Into::into).collect(),
            on_delete,
            on_update,
            validity: Validity::Guaranteed,
        });
        self
    }

    /// Declares that rows may break the foreign key that was added last: it does not guarantee that what it references
    /// exists.
    #[must_use]
    pub fn not_validated(mut self) -> Self {
        if let Some(key) = self.foreign_keys.last_mut() {
            key.validity = Validity::Doubtful;
        }
        self
    }

    /// Declares that the session may not lock its rows, so that they are not looked at before they are written.
    #[must_use]
    pub fn without_locks(mut self) -> Self {
        self.lockable = false;
        self
    }

    /// Declares that its rows are those of its partitions: one that an UPDATE moves dies in one and is born in another.
    #[must_use]
    pub fn partitioned(mut self) -> Self {
        self.partitioned = true;
        self
    }

    /// Adds a trigger.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Declares a conflict clause (`ON CONFLICT REPLACE`) that lets ordinary writes delete other rows.
    #[must_use]
    pub fn replaces_on_conflict(mut self) -> Self {
        self.replaces_on_conflict = true;
        self
    }

    /// Declares a conflict clause (`ON CONFLICT FAIL`) that keeps what a statement had done before it failed.
    #[must_use]
    pub fn keeps_on_conflict(mut self) -> Self {
        self.keeps_on_conflict = true;
        self
    }

    /// Declares that what is written stays whatever becomes of the transaction.
    #[must_use]
    pub fn immediate(mut self) -> Self {
        self.immediate = true;
        self
    }

    /// Declares that its rows are rows of another table too: a partition, or a child that inherits.
    #[must_use]
    pub fn parent(mut self, parent: impl Into<RelationName>) -> Self {
        self.parents.push(parent.into());
        self
    }

    /// Declares that results which show its rows must not be kept, and why ("its rows are in another database").
    #[must_use]
    pub fn unstorable(mut self, reason: impl Into<String>) -> Self {
        self.unstorable = Some(reason.into());
        self
    }

    pub(super) fn name(&self) -> &RelationName {
        &self.name
    }

    pub(super) fn resolve<'a>(
        &self,
        id: TableId,
        lookup: impl Fn(&RelationName) -> Option<(TableId, &'a TableDefinition)>,
    ) -> Result<Table> {
        let ids = |names: &[String]| self.column_ids(names);
        let foreign_keys = self
            .foreign_keys
            .iter()
            .map(|key| {
                let target = lookup(&key.references);
                let referenced = match target {
                    Some((_, table)) if key.referenced.is_empty() => table.column_ids(&table.primary_key)?,
                    Some((_, table)) => table.column_ids(&key.referenced)?,
                    None => Vec::new(),
                };
                Ok(ForeignKey {
                    columns: ids(&key.columns)?,
                    references: target.map(|(id, _)| id),
                    referenced,
                    on_delete: key.on_delete,
                    on_update: key.on_update,
                    validity: key.validity,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Table {
            id,
            name: self.name.name().to_owned(),
            namespace: self.name.namespace().map(str::to_owned),
            columns: self.columns.clone(),
            primary_key: ids(&self.primary_key)?,
            rowid_key: self.rowid_key,
            unique_keys: self
                .unique_keys
                .iter()
                .map(|key| Ok(ids(key)?.into_iter().collect::<ColumnSet>()))
                .collect::<Result<Vec<_>>>()?,
            foreign_keys,
            triggers: self.triggers.clone(),
            replaces_on_conflict: self.replaces_on_conflict,
            keeps_on_conflict: self.keeps_on_conflict,
            immediate: self.immediate,
            parents: self.parents.iter().filter_map(|parent| Some(lookup(parent)?.0)).collect(),
            relatives: Vec::new(),
            unstorable: self.unstorable.clone(),
            lockable: self.lockable,
            partitioned: self.partitioned,
        })
    }

    fn column_ids(&self, names: &[String]) -> Result<Vec<ColumnId>> {
        names.iter().map(|name| self.column_id(name)).collect()
    }

    fn column_id(&self, name: &str) -> Result<ColumnId> {
        let same = |column: &Column| column.name() == name;
        let alike = |column: &Column| column.name().eq_ignore_ascii_case(name);
        let position = self.columns.iter().position(same).or_else(|| self.columns.iter().position(alike));
        position.map(ColumnId::from_index).ok_or_else(|| {
            let columns: Vec<String> = self.columns.iter().map(|c| format!("`{}`", c.name())).collect();
            let message = format!(
                "table `{}` has no column `{name}`; its columns are {}",
                self.name.name(),
                columns.join(", ")
            );
            Error::new(ErrorKind::Configuration, message)
        })
    }
}
