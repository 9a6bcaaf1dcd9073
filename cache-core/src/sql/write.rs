//! INSERT, UPDATE and DELETE to effects.

use std::collections::HashSet;

use std::ops::ControlFlow;

use sqlparser::ast::{
    self, Assignment, AssignmentTarget, Expr, FromTable, ObjectName, OnConflictAction, OnInsert, SelectItem,
    SetExpr, SqliteOnConflict, TableFactor, TableObject, TableWithJoins, UpdateTableFromKind,
};

use super::analyse::Text;
use super::conditions::{Conditions, Level, identifier, operand_for};
use super::from::last_ident;
use super::names::{Bound, Names, Namespace, Use, spelled};
use super::plan::{
    Assigned, Condition, Conflict, ConflictTarget, Delete, Effect, Fixed, Insert, Replaces, Returning, Update,
};
use super::repeat;
use super::select::Place;
use super::tokens::placeholder;
use crate::mutation::{self, Mutation};
use crate::schema::{Column, ColumnId, Dialect, Relation, Table, Trigger, TriggerEvent, fold};

/// A statement that this module does not model: its caller falls back to the tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotModelled;

type Modelled<T> = Result<T, NotModelled>;

impl<'s> Names<'s> {
    /// The effect of an INSERT.
    pub(super) fn insert(&mut self, insert: &ast::Insert) -> Modelled<Effect> {
        let TableObject::TableName(name) = &insert.table else { return Err(NotModelled) };
        let table = self.target(name)?;
        let exotic = insert.overwrite
            || insert.partitioned.is_some()
            || insert.output.is_some()
            || insert.insert_alias.is_some()
            || insert.multi_table_insert_type.is_some();
        if exotic {
            return Err(NotModelled);
        }
        let alias = insert.table_alias.as_ref().map(|alias| &alias.alias);
        let alias = alias.map_or_else(|| self.target_name(table), |alias| self.known_as(alias));
        self.bind_target(table, &alias);

        let columns = if insert.columns.is_empty() {
            // SQLite passes over generated columns; others want DEFAULT in their place.
            let is_given = |(_, column): &(usize, &Column)| {
                !(column.is_generated() && self.schema.dialect() == Dialect::Sqlite || column.is_invisible())
            };
            let given = table.columns().iter().enumerate().filter(is_given);
            given.map(|(index, _)| ColumnId::from_index(index)).collect()
        } else {
            insert
                .columns
                .iter()
                .map(|name| column(self.schema.dialect(), table, name))
                .collect::<Modelled<Vec<_>>>()?
        };
        // Which of its values a column takes that is named twice is not worth knowing.
        if columns.iter().collect::<HashSet<_>>().len() < columns.len() {
            return Err(NotModelled);
        }
        let rows = match insert.source.as_deref() {
            // INSERT .. SET
            None if !insert.assignments.is_empty() => {
                let set = self.assignments(table, &insert.assignments)?;
                Some(vec![set.into_iter().map(|assigned| (assigned.column, assigned.operand)).collect()])
            }
            None => None,
            Some(query) => match &*query.body {
                SetExpr::Values(values) if query.with.is_none() => {
                    let mut rows = Vec::new();
                    for row in &values.rows {
                        row.content.iter().for_each(|value| self.expression(value, Use::Filter));
                        let values = columns
                            .iter()
                            .zip(&row.content)
                            .map(|(id, value)| (*id, operand_for(self.schema, table.column(*id), value)));
                        rows.push(values.collect());
                    }
                    Some(rows)
                }
                _ => {
                    self.query(query, Place::Nested);
                    None
                }
            },
        };
        let conflict = match (&insert.on, &insert.or) {
            _ if insert.replace_into => Conflict::Replace,
            (_, Some(SqliteOnConflict::Replace)) => Conflict::Replace,
            (None, _) => Conflict::Keep,
            (Some(OnInsert::OnConflict(on)), _) => match &on.action {
                OnConflictAction::DoNothing => Conflict::Keep,
                OnConflictAction::DoUpdate(update) => {
                    update.selection.iter().for_each(|filter| self.expression(filter, Use::Filter));
                    let target = conflict_target(self.schema.dialect(), table, on.conflict_target.as_ref());
                    Conflict::Update { target, set: self.assignments(table, &update.assignments)? }
                }
            },
            (Some(OnInsert::DuplicateKeyUpdate(assignments)), _) => {
                // Without another unique key only the primary key can be in the way.
                let is_only_key = table.unique_keys().is_empty() && !table.primary_key().is_empty();
                let target = if is_only_key { ConflictTarget::PrimaryKey } else { ConflictTarget::Other };
                let set = self.assignments(table, assignments)?;
                match rows.is_some() && is_kept(table) {
                    // What stays as it is changes nothing, and is no change of the key.
                    true => self.without_what_stays(table, assignments, target, set),
                    false => Conflict::Update { target, set },
                }
            }
            _ => return Err(NotModelled),
        };
        let returning = self.returning_clause(insert.returning.as_deref());
        Ok(Effect::Insert(Insert { table: table.id(), rows, conflict, returning }))
    }

    /// The effect of an UPDATE.
    pub(super) fn update(&mut self, text: Text<'_>, update: &ast::Update) -> Modelled<Effect> {
        let (table, alias) = self.single_target(&update.table)?;
        if update.output.is_some() {
            return Err(NotModelled);
        }
        self.bind_target(table, &alias);
        let draft = 0;
        let set = self.assignments(table, &update.assignments)?;
        let returning = self.returning_clause(update.returning.as_deref());
        let mut joins = Vec::new();
        if let Some(UpdateTableFromKind::AfterSet(items) | UpdateTableFromKind::BeforeSet(items)) =
            &update.from
        {
            items.iter().for_each(|item| self.read_item(item, Place::Nested, &mut joins));
        }
        let fixed = self.fixed(draft, update.selection.as_ref(), &joins);
        let replaces =
            if update.or == Some(SqliteOnConflict::Replace) { Replaces::Yes } else { Replaces::No };
        // What else a condition may name stands in FROM, of which the query knows nothing.
        let is_alone = update.from.is_none() && alias == self.target_name(table);
        let whole = update.limit.is_none() && update.order_by.is_empty() && is_alone;
        let condition = self.repeatable(text, whole, update.selection.as_ref());
        Ok(Effect::Update(Update { table: table.id(), fixed, set, replaces, condition, returning }))
    }

    /// The effect of a DELETE.
    pub(super) fn delete(&mut self, text: Text<'_>, delete: &ast::Delete) -> Modelled<Effect> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [from] = from.as_slice() else { return Err(NotModelled) };
        // What MySQL deletes from is named behind USING, perhaps by another name.
        let names_another = delete.using.is_some() && self.schema.dialect() == Dialect::MySql;
        let names_another = names_another && !mutation::is(Mutation::AliasesAreTables);
        if !delete.tables.is_empty() || names_another || delete.output.is_some() {
            return Err(NotModelled);
        }
        let (table, alias) = self.single_target(from)?;
        self.bind_target(table, &alias);
        let returning = self.returning_clause(delete.returning.as_deref());
        let mut joins = Vec::new();
        for item in delete.using.iter().flatten() {
            self.read_item(item, Place::Nested, &mut joins);
        }
        let fixed = self.fixed(0, delete.selection.as_ref(), &joins);
        let whole = delete.limit.is_none() && delete.order_by.is_empty() && alias == self.target_name(table);
        let condition = self.repeatable(text, whole, delete.selection.as_ref());
        Ok(Effect::Delete(Delete { table: table.id(), fixed, condition, returning }))
    }

    /// The condition, if a query can repeat it: every table in sight is the target, and nothing was refused.
    fn repeatable(&self, text: Text<'_>, whole: bool, filter: Option<&Expr>) -> Option<Condition> {
        let is_plain = whole && self.drafts.len() == 1 && self.refusal.is_none();
        if is_plain && numbers_all(filter?) { repeat::cut(self.schema, text) } else { None }
    }

    fn single_target(&self, item: &TableWithJoins) -> Modelled<(&'s Table, String)> {
        let TableFactor::Table { name, alias, args: None, .. } = &item.relation else {
            return Err(NotModelled);
        };
        if !item.joins.is_empty() {
            return Err(NotModelled);
        }
        let table = self.target(name)?;
        let alias = alias.as_ref().map(|alias| self.known_as(&alias.name));
        Ok((table, alias.unwrap_or_else(|| self.target_name(table))))
    }

    /// The name by which a statement knows its target if it gives it no other.
    fn target_name(&self, table: &Table) -> String {
        fold(self.schema.dialect(), table.name())
    }

    /// A write target must be a base table that the schema knows: a view's triggers write elsewhere, and a
    /// name that is not in the schema may be a mis-parse.
    fn target(&self, name: &ObjectName) -> Modelled<&'s Table> {
        match self.lookup(name) {
            Some(Relation::Table(table)) => Ok(self.schema.table(table.id())),
            _ => Err(NotModelled),
        }
    }

    fn bind_target(&mut self, table: &Table, alias: &str) {
        self.namespaces.push(Namespace::default());
        let draft = self.draft(table.id());
        self.bind(alias, Bound::Table(draft));
    }

    fn assignments(&mut self, table: &Table, assignments: &[Assignment]) -> Modelled<Vec<Assigned>> {
        let mut set = Vec::new();
        for assignment in assignments {
            self.expression(&assignment.value, Use::Filter);
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => {
                    let column = column(self.schema.dialect(), table, name)?;
                    let operand = operand_for(self.schema, table.column(column), &assignment.value);
                    set.push(Assigned { column, operand });
                }
                AssignmentTarget::Tuple(names) => {
                    for name in names {
                        set.push(Assigned {
                            column: column(self.schema.dialect(), table, name)?,
                            operand: None,
                        });
                    }
                }
            }
        }
        Ok(set)
    }

    /// The conflict clause without its `column = column`, of which nothing may be left.
    fn without_what_stays(
        &self,
        table: &Table,
        assignments: &[Assignment],
        target: ConflictTarget,
        mut set: Vec<Assigned>,
    ) -> Conflict {
        let own = self.target_name(table);
        let stays = |assignment: &Assignment| {
            let AssignmentTarget::ColumnName(name) = &assignment.target else { return None };
            let (qualifier, value) = identifier(&assignment.value)?;
            let is_own = qualifier.is_none_or(|qualifier| self.known_as(qualifier) == own);
            let named = column(self.schema.dialect(), table, name).ok()?;
            let same = is_own && table.column_named(&value.value) == Some(named);
            same.then_some(named)
        };
        let is_set_once =
            |column: &ColumnId| set.iter().filter(|assigned| assigned.column == *column).count() == 1;
        let kept: HashSet<ColumnId> = assignments.iter().filter_map(stays).filter(is_set_once).collect();
        set.retain(|assigned| !kept.contains(&assigned.column));
        if set.is_empty() { Conflict::Keep } else { Conflict::Update { target, set } }
    }

    fn fixed(&mut self, draft: usize, filter: Option<&Expr>, joins: &[(&Expr, Level)]) -> Vec<Fixed> {
        let mut conditions = Conditions::default();
        for (on, level) in joins {
            conditions.add(self, on, level);
            self.expression(on, Use::Filter);
        }
        if let Some(filter) = filter {
            conditions.add(self, filter, &Level::Filter);
            self.expression(filter, Use::Filter);
        }
        conditions.known(self, draft).fixed
    }

    fn returning_clause(&mut self, items: Option<&[SelectItem]>) -> Option<Returning> {
        items.map(|items| self.returning(items))
    }
}

/// Whether every placeholder says by its number which bound value it takes, and every text what it is.
fn numbers_all(filter: &Expr) -> bool {
    let unnumbered = ast::visit_expressions(filter, |expression| match expression {
        Expr::Value(value) => match &value.value {
            ast::Value::Placeholder(name) if placeholder(name).is_none() => ControlFlow::Break(()),
            ast::Value::NationalStringLiteral(_) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
        _ => ControlFlow::Continue(()),
    });
    unnumbered.is_continue()
}

fn column(dialect: Dialect, table: &Table, name: &ObjectName) -> Modelled<ColumnId> {
    // `SET address.city` sets a part of a column.
    if dialect == Dialect::Postgres && name.0.len() > 1 {
        return Err(NotModelled);
    }
    last_ident(name).and_then(|name| table.column_named(&spelled(dialect, name))).ok_or(NotModelled)
}

/// Whether a row that is set to what it is stays so: no trigger fires, and its key follows from nothing else.
fn is_kept(table: &Table) -> bool {
    let fires = |trigger: &Trigger| !matches!(trigger.event, TriggerEvent::Insert | TriggerEvent::Delete);
    !table.triggers().iter().any(fires)
        && !table.primary_key().iter().any(|column| table.column(*column).is_generated())
}

fn conflict_target(dialect: Dialect, table: &Table, target: Option<&ast::ConflictTarget>) -> ConflictTarget {
    let Some(ast::ConflictTarget::Columns(columns)) = target else { return ConflictTarget::Other };
    let key = table.primary_key();
    let named: Option<Vec<ColumnId>> =
        columns.iter().map(|name| table.column_named(&spelled(dialect, name))).collect();
    let is_key = named.is_some_and(|named| {
        !key.is_empty() && named.len() == key.len() && key.iter().all(|column| named.contains(column))
    });
    if is_key { ConflictTarget::PrimaryKey } else { ConflictTarget::Other }
}
