//! Times of day: one beside a date is a time of the current day, so that its result is another one tomorrow.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, SelectItem, visit_expressions};

use crate::schema::Table;
use crate::sql::conditions::identifier;
use crate::sql::names::Names;

/// Whether an expression uses a time of day otherwise than by itself, or compared with texts, numbers, bound values and
/// its like.
pub(in crate::sql) fn depends_on_today(names: &Names<'_>, expression: &Expr) -> bool {
    if !in_sight(names) {
        return false;
    }
    let mut harmless: Vec<*const Expr> = vec![expression];
    let found = visit_expressions(expression, |part| {
        let is_harmless = harmless.contains(&std::ptr::from_ref(part));
        if is_time(names, part) && !is_harmless {
            return ControlFlow::Break(());
        }
        let beside: Vec<&Expr> = match part {
            Expr::Nested(inner) if is_harmless => vec![inner],
            Expr::IsNull(inner) | Expr::IsNotNull(inner) => vec![inner],
            Expr::BinaryOp { left, op, right } if compares(op) => vec![left, right],
            Expr::Between { expr, low, high, .. } => vec![expr, low, high],
            Expr::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
            _ => Vec::new(),
        };
        if beside.iter().all(|part| matches!(part, Expr::Value(_)) || is_time(names, part)) {
            harmless.extend(beside.into_iter().map(std::ptr::from_ref));
        }
        ControlFlow::Continue(())
    });
    found.is_break()
}

/// Whether a query shows a time of day to the query around it, which may do with it what it likes.
pub(in crate::sql) fn shows_time(names: &Names<'_>, items: &[SelectItem]) -> bool {
    in_sight(names)
        && items.iter().any(|item| match item {
            SelectItem::UnnamedExpr(shown) | SelectItem::ExprWithAlias { expr: shown, .. } => {
                is_time(names, shown)
            }
            _ => true,
        })
}

/// Whether a table in sight has a time of day.
pub(in crate::sql) fn in_sight(names: &Names<'_>) -> bool {
    let has_time = |table: &Table| table.columns().iter().any(|column| column.is_time_of_day());
    (0..names.drafts.len()).any(|draft| has_time(names.table(draft)))
}

fn compares(operator: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(operator, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq | Op::Spaceship)
}

/// Whether an expression is a column of such a type, or an alias that may stand for one.
fn is_time(names: &Names<'_>, expression: &Expr) -> bool {
    let Some((qualifier, name)) = identifier(expression) else { return false };
    let found = names.resolve(qualifier, name);
    if found.is_empty() {
        let mut aliases = names.namespaces.iter().flat_map(|namespace| &namespace.aliases);
        return qualifier.is_none() && aliases.any(|alias| alias.eq_ignore_ascii_case(&name.value));
    }
    found.iter().any(|found| names.table(found.draft).column(found.column).is_time_of_day())
}

#[cfg(test)]
mod tests {
    use crate::schema::{Column, Dialect, Schema, TableDefinition};
    use crate::sql::{Plan, analyse};

    fn is_cached(sql: &str) -> bool {
        let table = |name: &str| {
            TableDefinition::new(name)
                .column(Column::int("id"))
                .column(Column::other("at").time_of_day())
                .column(Column::other("day"))
                .primary_key(["id"])
        };
        let schema = Schema::new(Dialect::MySql, [table("t"), table("u")], []).unwrap();
        matches!(analyse(&schema, sql), Plan::Read(plan) if plan.refusal.is_none())
    }

    #[test]
    fn a_time_beside_what_may_be_a_date_is_not_cached() {
        for sql in [
            "SELECT id FROM t WHERE day > at",
            "SELECT id FROM t WHERE day IN (at, '09:00:00')",
            "SELECT id FROM t WHERE day BETWEEN at AND '2024-01-01'",
            "SELECT id FROM t WHERE day BETWEEN '2024-01-01' AND (at)",
            "SELECT COALESCE(at, day) FROM t",
            "SELECT id FROM t WHERE IF(id, at, day) > '2024-01-01'",
            "SELECT CASE WHEN id THEN at ELSE day END FROM t",
            "SELECT GREATEST(at, day) FROM t",
            "SELECT id FROM t WHERE day > '09:00:00' AND at > day",
            "SELECT id FROM t ORDER BY at + INTERVAL 1 DAY",
            "SELECT at FROM t UNION SELECT day FROM t",
            "SELECT id FROM t WHERE day > (SELECT at FROM u WHERE id = 1)",
            "SELECT t.id FROM t JOIN (SELECT * FROM u) AS d ON t.day = d.at",
            "SELECT t.id FROM t JOIN u USING (at)",
            "SELECT t.id FROM t NATURAL JOIN u",
            "SELECT t.id FROM t JOIN u ON t.day = u.at",
            "SELECT at AS x, id FROM t HAVING x > day",
            "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.day > t.at)",
            "SELECT id FROM t WHERE day > TIME '09:00:00'",
            "SELECT id FROM t WHERE day > CAST('09:00:00' AS TIME)",
            "SELECT id FROM t WHERE at > TIMESTAMP '2024-01-01 09:00:00'",
        ] {
            assert!(!is_cached(sql), "{sql}");
        }
    }

    #[test]
    fn a_time_by_itself_or_beside_its_like_is_cached() {
        for sql in [
            "SELECT * FROM t",
            "SELECT id, at FROM t WHERE at > '09:00:00' AND at <= ?",
            "SELECT id FROM t WHERE ? < (at) OR at IS NULL",
            "SELECT id FROM t WHERE at BETWEEN ? AND ? ORDER BY at DESC, id",
            "SELECT id FROM t WHERE at IN (?, '10:00:00', 110000)",
            "SELECT t.id, t.at FROM t JOIN u ON t.at = u.at WHERE t.day > '2024-01-01'",
            "SELECT at, COUNT(*) FROM t GROUP BY at",
            "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
            "SELECT COUNT(*) FROM (SELECT id, day FROM t WHERE at = '09:00:00') AS d",
        ] {
            assert!(is_cached(sql), "{sql}");
        }
    }
}
