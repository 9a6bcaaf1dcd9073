//! What a statement reaches of which no more is known than the names in it: tables, and views with what is behind them.

use super::analyse::{statements, trigger_effects};
use super::functions::{may_be_called, operates};
use super::plan::Effect;
use super::tokens::{self, Tokens};
use super::{mysql, postgres};
use crate::schema::{Dialect, Relation, Routine, Schema, TableId, View};

/// Anything in every table that the tokens may name, or that is behind a view that they may name; `None` if a view
/// cannot be followed, so that to read it may do anything.
pub(super) fn named_effects(schema: &Schema, tokens: &Tokens) -> Option<Vec<Effect>> {
    let mut found = Found { schema, tables: Vec::new(), views: Vec::new() };
    found.relations(tokens)?;
    found.tables.sort_unstable();
    found.tables.dedup();
    Some(found.tables.into_iter().map(Effect::Table).collect())
}

/// Whether the views that a text of MySQL names call nothing that may write; a text that writes may do so by them.
pub(super) fn views_only_read(schema: &Schema, tokens: &Tokens) -> bool {
    let mut seen: Vec<&View> = Vec::new();
    let mut texts = vec![tokens.clone()];
    while let Some(tokens) = texts.pop() {
        for relation in tokens::names(&tokens).flat_map(|name| schema.relations_like(name)) {
            let Relation::View(view) = relation else { continue };
            if seen.contains(&view) {
                continue;
            }
            seen.push(view);
            let may_do_more = |tokens: &Tokens| {
                mysql::calls_unknown(schema, tokens)
                    || mysql::shows_hidden(tokens)
                    || mysql::reaches_elsewhere(schema, tokens)
            };
            match statements(schema, view.query()) {
                Some(all) if !all.iter().any(may_do_more) => texts.extend(all),
                _ => return false,
            }
        }
    }
    true
}

struct Found<'s> {
    schema: &'s Schema,
    tables: Vec<TableId>,
    views: Vec<&'s View>,
}

impl<'s> Found<'s> {
    fn relations(&mut self, tokens: &Tokens) -> Option<()> {
        let schema = self.schema;
        for relation in tokens::names(tokens).flat_map(|name| schema.relations_like(name)) {
            match relation {
                Relation::Table(table) => self.tables.push(table.id()),
                Relation::View(view) => self.view(view)?,
            }
        }
        Some(())
    }

    /// A write of a view becomes one of the tables that it reads, or what its triggers and rules make of it.
    fn view(&mut self, view: &'s View) -> Option<()> {
        if self.views.contains(&view) {
            return Some(());
        }
        self.views.push(view);
        if self.schema.dialect() == Dialect::MySql || operates(self.schema, view.query()) == Routine::Unknown
        {
            return None;
        }
        for tokens in statements(self.schema, view.query())? {
            if self.may_call(&tokens) {
                return None;
            }
            self.relations(&tokens)?;
        }
        for trigger in view.triggers() {
            for effect in trigger_effects(self.schema, &trigger.text)? {
                self.tables.push(effect.table()?);
            }
        }
        Some(())
    }

    fn may_call(&self, tokens: &Tokens) -> bool {
        let is_relation = |name: &str| self.schema.relations_like(name).next().is_some();
        let may_write = |name: &str| !may_be_called(self.schema, name) && !is_relation(name);
        match self.schema.dialect() {
            Dialect::Postgres => postgres::may_call(self.schema, tokens),
            Dialect::Sqlite | Dialect::MySql => tokens::calls(tokens).any(may_write),
        }
    }
}
