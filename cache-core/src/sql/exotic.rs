//! Clauses whose meaning is not modelled.

use sqlparser::ast::{Distinct, Query, Select};

use super::names::{Names, Use};
use super::plan::Refusal;

impl Names<'_> {
    pub(super) fn refuse_exotic(&mut self, query: &Query) {
        if !query.locks.is_empty() {
            self.refuse(Refusal::Locking);
        }
        let exotic = query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if exotic {
            self.refuse(Refusal::Clause("a clause of another database"));
        }
    }

    pub(super) fn refuse_exotic_select(&mut self, select: &Select) {
        if select.into.is_some() {
            self.may_write = true;
            self.refuse(Refusal::Clause("SELECT INTO"));
        }
        let exotic = select.top.is_some()
            || select.exclude.is_some()
            || !select.lateral_views.is_empty()
            || select.prewhere.is_some()
            || !select.connect_by.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
            || select.qualify.is_some()
            || select.value_table_mode.is_some();
        if exotic {
            self.refuse(Refusal::Clause("a clause of another database"));
        }
        if select.select_modifiers.as_ref().is_some_and(|modifiers| modifiers.sql_calc_found_rows) {
            self.refuse(Refusal::Clause("SQL_CALC_FOUND_ROWS"));
        }
        if let Some(Distinct::On(expressions)) = &select.distinct {
            expressions.iter().for_each(|expression| self.expression(expression, Use::Filter));
        }
        if !select.named_window.is_empty() {
            // A window's own columns are in the calls that name it only by reference.
            self.refuse(Refusal::Clause("named windows"));
        }
    }
}
