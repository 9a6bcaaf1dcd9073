//! A SELECT to its sources.

use sqlparser::ast::{Distinct, Expr, GroupByExpr, LimitClause, Query, Select, SelectItem, SetExpr};

use super::conditions::{Conditions, Level};
use super::mysql;
use super::names::{Names, Namespace, Use};
use super::plan::{Output, Partner, ReadPlan, Refusal, Source};
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, Columns, Dialect};

/// Views and sub-queries nested deeper than this are not followed.
const MAX_DEPTH: usize = 32;

/// Whether a query's rows are the statement's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Outermost,
    /// Its rows feed another query.
    Nested,
    /// Only how many rows it has matters: `EXISTS (..)`, `SELECT COUNT(*) FROM (..)`.
    Counted,
}

impl Names<'_> {
    /// The plan of a reading statement.
    pub(super) fn read_plan(mut self, query: &Query) -> ReadPlan {
        let width = self.query(query, Place::Outermost);
        if self.drafts.is_empty() {
            self.refuse(Refusal::NoTable);
        }
        let schema = self.schema;
        let sources = self.drafts.into_iter().map(|draft| {
            let key = schema.table(draft.table).primary_key();
            let identified = draft.shown && width.is_some() && shows(&draft.outputs, key);
            let mut membership = draft.filters;
            if !mutation::is(Mutation::OrderIsNotMembership) {
                membership.extend(&draft.orders);
            }
            if !identified && !mutation::is(Mutation::UnidentifiedPayloadIsNotWatched) {
                membership.extend(&draft.payload);
            }
            Source {
                table: draft.table,
                fixed: draft.fixed,
                membership,
                payload: draft.payload,
                outputs: draft.outputs,
                identified,
                only_fixed: identified && draft.only_fixed,
                partner: draft.partner.filter(|_| identified),
                referenced_from: draft.referenced_from,
            }
        });
        let limited = query.limit_clause.is_some() || query.fetch.is_some();
        ReadPlan {
            sources: sources.collect(),
            width,
            limited,
            refusal: self.refusal,
            may_write: self.may_write,
        }
    }

    /// Reads a query; returns how many columns it has, if that is known.
    pub(super) fn query(&mut self, query: &Query, place: Place) -> Option<usize> {
        if self.depth >= MAX_DEPTH {
            self.refuse(Refusal::Clause("queries nested too deep"));
            return None;
        }
        self.depth += 1;
        let ctes = self.ctes.len();
        self.refuse_exotic(query);
        if let Some(with) = &query.with {
            // A recursive expression names itself, so all names are in force at once; a name that shadows a
            // table before its own definition would refer to the table, which its body then names too.
            for cte in &with.cte_tables {
                if !with.recursive {
                    self.query(&cte.query, Place::Nested);
                }
                let name = self.known_as(&cte.alias.name);
                self.ctes.push(name);
                if with.recursive {
                    self.query(&cte.query, Place::Nested);
                }
            }
        }
        let width = match &*query.body {
            SetExpr::Select(select) => self.select(select, Some(query), place),
            body => {
                self.set_expression(body);
                self.namespaces.push(Namespace::default());
                if let Some(order) = &query.order_by {
                    self.ordering(order, &[]);
                }
                self.limits(query);
                self.namespaces.pop();
                None
            }
        };
        self.ctes.truncate(ctes);
        self.depth -= 1;
        width
    }

    fn set_expression(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                self.select(select, None, Place::Nested);
            }
            SetExpr::Query(query) => {
                self.query(query, Place::Nested);
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.set_expression(left);
                self.set_expression(right);
            }
            SetExpr::Values(values) => {
                for row in &values.rows {
                    row.content.iter().for_each(|value| self.expression(value, Use::Filter));
                }
            }
            _ => self.refuse(Refusal::NotASelect),
        }
    }

    /// `query` carries ORDER BY and LIMIT where they belong to this SELECT alone.
    fn select(&mut self, select: &Select, query: Option<&Query>, place: Place) -> Option<usize> {
        self.refuse_exotic_select(select);
        let aliases = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            _ => None,
        });
        self.namespaces.push(Namespace { aliases: aliases.collect(), ..Namespace::default() });
        let mut joins = Vec::new();
        let derived = if only_counts(select) { Place::Counted } else { Place::Nested };
        select.from.iter().for_each(|item| self.read_item(item, derived, &mut joins));

        let mut conditions = Conditions::default();
        for (on, level) in &joins {
            conditions.add(self, on, level);
            self.condition(on, level);
        }
        if let Some(filter) = &select.selection {
            conditions.add(self, filter, &Level::Filter);
            self.condition(filter, &Level::Filter);
        }

        let aggregates = std::mem::replace(&mut self.aggregates, false);
        let width = self.projection(&select.projection);
        let is_of_mysql = self.schema.dialect() == Dialect::MySql;
        if is_of_mysql && place == Place::Nested && mysql::shows_time(self, &select.projection) {
            self.refuse(Refusal::Clause("a time of day in a query within"));
        }
        let grouped = self.grouping(select, &select.projection);
        if let Some(order) = query.and_then(|query| query.order_by.as_ref()) {
            self.ordering(order, &select.projection);
        }
        if let Some(query) = query {
            self.limits(query);
        }
        let distinct = select.distinct.as_ref().is_some_and(|distinct| *distinct != Distinct::All);
        let aggregated = std::mem::replace(&mut self.aggregates, aggregates);
        let folded = grouped || distinct || aggregated || self.folds_outside;
        let limited = query.is_some_and(|query| query.limit_clause.is_some() || query.fetch.is_some());
        let skips = query.is_some_and(skips);

        let drafts = self.own_drafts();
        let alone = self.namespaces.last().is_some_and(|namespace| namespace.relations.len() == 1);
        for draft in drafts {
            let known = conditions.known(self, draft);
            let shown = place == Place::Outermost && !folded;
            let partner =
                if shown { self.partner(draft, &known.fixed, &known.joined, limited) } else { None };
            let partner = partner.filter(|partner| {
                *partner == Partner::Guaranteed || !limited || !self.moves_the_window(draft, skips)
            });
            let referenced_from = self.referencing(draft, &known.joined);
            let only_fixed = alone && !limited && conditions.only_fix(draft);
            let draft = &mut self.drafts[draft];
            if place == Place::Counted && !distinct {
                draft.payload = Columns::default();
            }
            draft.fixed = known.fixed;
            draft.only_fixed = only_fixed;
            draft.shown = shown;
            draft.partner = partner;
            draft.referenced_from = referenced_from;
        }
        self.namespaces.pop();
        width
    }

    /// Reads a condition, and notes which drafts of this SELECT it names beside those whose own ON it is.
    fn condition(&mut self, condition: &Expr, level: &Level) {
        let own = self.own_drafts();
        let before: Vec<Columns> =
            own.iter().map(|draft| std::mem::take(&mut self.drafts[*draft].filters)).collect();
        self.expression(condition, Use::Filter);
        for (index, before) in own.into_iter().zip(before) {
            let draft = &mut self.drafts[index];
            let is_own = matches!(level, Level::Optional { drafts } if drafts.as_slice() == [index]);
            draft.decides |= draft.filters != Columns::default() && !is_own;
            draft.filters.extend(&before);
        }
    }
}

/// Whether a query passes over rows before those that it returns.
fn skips(query: &Query) -> bool {
    match &query.limit_clause {
        Some(LimitClause::LimitOffset { offset, .. }) => offset.is_some(),
        Some(LimitClause::OffsetCommaLimit { .. }) => true,
        None => false,
    }
}

/// Whether a SELECT does nothing with its FROM clause but count rows.
fn only_counts(select: &Select) -> bool {
    let counts = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::Function(call))
        | SelectItem::ExprWithAlias { expr: Expr::Function(call), .. } => {
            call.to_string().eq_ignore_ascii_case("count(*)")
        }
        _ => false,
    };
    select.projection.iter().all(counts)
        && select.selection.is_none()
        && select.having.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        && matches!(select.from.as_slice(), [item] if item.joins.is_empty())
}

fn shows(outputs: &[Output], key: &[ColumnId]) -> bool {
    !key.is_empty() && key.iter().all(|column| outputs.iter().any(|output| output.column == *column))
}
