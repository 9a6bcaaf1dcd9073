//! GROUP BY, HAVING, ORDER BY and LIMIT.

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, LimitClause, OrderBy, OrderByKind, Query, Select, SelectItem, UnaryOperator,
};

use super::conditions::identifier;
use super::names::{Names, Use};
use super::plan::Refusal;

impl Names<'_> {
    pub(super) fn grouping(&mut self, select: &Select, projection: &[SelectItem]) -> bool {
        let mut grouped = select.having.is_some();
        match &select.group_by {
            GroupByExpr::Expressions(expressions, modifiers) => {
                grouped |= !expressions.is_empty() || !modifiers.is_empty();
                if !modifiers.is_empty() {
                    self.refuse(Refusal::Clause("GROUP BY with modifiers"));
                }
                expressions.iter().for_each(|expression| self.by(expression, projection, Use::Filter));
            }
            GroupByExpr::All(_) => self.refuse(Refusal::Clause("GROUP BY ALL")),
        }
        if let Some(having) = &select.having {
            self.by(having, projection, Use::Filter);
        }
        grouped
    }

    pub(super) fn ordering(&mut self, order: &OrderBy, projection: &[SelectItem]) {
        match &order.kind {
            OrderByKind::Expressions(expressions) => {
                for item in expressions {
                    self.by(&item.expr, projection, Use::Order);
                    if item.with_fill.is_some() {
                        self.refuse(Refusal::Clause("WITH FILL"));
                    }
                }
            }
            OrderByKind::All(_) => self.refuse(Refusal::Clause("ORDER BY ALL")),
        }
        if order.interpolate.is_some() {
            self.refuse(Refusal::Clause("INTERPOLATE"));
        }
    }

    /// An expression of ORDER BY, GROUP BY or HAVING, where a number or an alias stands for a select item.
    pub(super) fn by(&mut self, expression: &Expr, projection: &[SelectItem], usage: Use) {
        let alias = |name: &Ident| {
            projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias }
                    if alias.value.eq_ignore_ascii_case(&name.value) =>
                {
                    Some(expr)
                }
                _ => None,
            })
        };
        match unwrapped(expression) {
            Expr::Value(_) => self.own_drafts().into_iter().for_each(|draft| {
                let payload = self.drafts[draft].payload.clone();
                let draft = &mut self.drafts[draft];
                match usage {
                    Use::Filter => draft.filters.extend(&payload),
                    Use::Order => draft.orders.extend(&payload),
                }
            }),
            inner => {
                if let Some((None, name)) = identifier(inner)
                    && let Some(aliased) = alias(name)
                {
                    self.expression(aliased, usage);
                    // The name may also be a column: both count as used.
                    if self.resolve(None, name).is_empty() {
                        return;
                    }
                }
                self.expression(expression, usage);
            }
        }
    }

    pub(super) fn limits(&mut self, query: &Query) {
        match &query.limit_clause {
            None => {}
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                limit.iter().for_each(|limit| self.expression(limit, Use::Filter));
                offset.iter().for_each(|offset| self.expression(&offset.value, Use::Filter));
                if !limit_by.is_empty() {
                    self.refuse(Refusal::Clause("LIMIT BY"));
                }
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                self.expression(offset, Use::Filter);
                self.expression(limit, Use::Filter);
            }
        }
    }
}

/// An expression of ORDER BY or GROUP BY without what SQLite looks through for a number or an alias.
fn unwrapped(expression: &Expr) -> &Expr {
    match expression {
        Expr::Nested(inner) => unwrapped(inner),
        Expr::Collate { expr, .. } => unwrapped(expr),
        Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus, expr } => unwrapped(expr),
        _ => expression,
    }
}
