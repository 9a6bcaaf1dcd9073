//! Conditions on one table's columns.

use std::fmt;

use sea_orm::sea_query::{Alias, Cond, Condition, Expr, ExprTrait, LikeExpr};

use crate::literal::{Literal, Sql, Values};
use crate::rng::Rng;
use crate::world::{Column, Role, Table, Theme};

/// A comparison of a column with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Compare {
    Equal,
    Unequal,
    Less,
    AtLeast,
}

/// A condition on the columns of one table.
#[derive(Clone, Debug)]
pub enum Filter {
    /// A column and a value.
    Compare(Column, Compare, Literal),
    /// `IN`, or `NOT IN`.
    In(Column, Vec<Literal>, Negation),
    /// `BETWEEN`.
    Between(Column, Literal, Literal),
    /// `IS NULL`, or `IS NOT NULL`.
    Null(Column, Negation),
    /// `LIKE`.
    Like(Column, String),
    /// All of them.
    All(Vec<Filter>),
    /// One of them.
    Any(Vec<Filter>),
    /// Not that.
    Not(Box<Filter>),
}

/// Whether a condition is meant or its opposite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Negation {
    Plain,
    Negated,
}

impl Filter {
    /// `column = value`.
    #[must_use]
    pub fn equal(column: Column, value: Literal) -> Self {
        Self::Compare(column, Compare::Equal, value)
    }

    /// The row with this key.
    #[must_use]
    pub fn key(table: Table, key: &[Literal]) -> Self {
        let parts =
            table.key().into_iter().zip(key).map(|(column, value)| Self::equal(column, value.clone()));
        Self::All(parts.collect())
    }

    /// Equalities on the columns of a declared scope, or on some that scopes could be made of.
    pub fn scope(table: Table, theme: &Theme, rng: &mut Rng) -> Self {
        if let Some(columns) = theme.scope_of(table, rng).filter(|_| rng.chance(60)) {
            let mut parts = Self::equalities(&columns, theme, rng);
            if rng.chance(35) {
                parts.push(Self::random(table, theme, 0, rng));
            }
            return Self::All(parts);
        }
        let columns: Vec<Column> =
            table.columns().iter().filter(|column| !matches!(column.role, Role::Edit)).copied().collect();
        let count = rng.weighted(&[(60, 1), (30, 2), (10, 3)]);
        let columns: Vec<Column> = (0..count).map(|_| rng.pick(&columns)).collect();
        let mut parts = Self::equalities(&columns, theme, rng);
        if rng.chance(15) {
            parts.push(Self::random(table, theme, 0, rng));
        }
        Self::All(parts)
    }

    fn equalities(columns: &[Column], theme: &Theme, rng: &mut Rng) -> Vec<Self> {
        let equality = |column: &Column| match column.draw(rng, theme.rows()) {
            // `= NULL` selects nothing; mostly what is meant is the other one.
            Literal::Null if rng.chance(80) => Self::Null(*column, Negation::Plain),
            value => Self::equal(*column, value),
        };
        columns.iter().map(equality).collect()
    }

    /// Any condition.
    pub fn random(table: Table, theme: &Theme, depth: u32, rng: &mut Rng) -> Self {
        let column = rng.pick(table.columns());
        let nested = |rng: &mut Rng| {
            (0..rng.weighted(&[(70, 2), (30, 3)]))
                .map(|_| Self::random(table, theme, depth - 1, rng))
                .collect()
        };
        let negation = if rng.chance(30) { Negation::Negated } else { Negation::Plain };
        match rng.below(if depth > 0 { 14 } else { 10 }) {
            0..=2 => Self::equal(column, column.draw(rng, theme.rows())),
            3 => Self::Compare(column, Compare::Unequal, column.draw(rng, theme.rows())),
            4 => Self::Compare(column, Compare::Less, column.draw(rng, theme.rows())),
            5 => Self::Compare(column, Compare::AtLeast, column.draw(rng, theme.rows())),
            6 => {
                let count = rng.below(4).max(usize::from(!theme.backend().has_empty_lists()));
                Self::In(column, (0..count).map(|_| column.draw(rng, theme.rows())).collect(), negation)
            }
            7 => Self::Between(column, column.draw(rng, theme.rows()), column.draw(rng, theme.rows())),
            8 => Self::Null(column, negation),
            // A pattern is one of text, and texts that are equal whatever their case have none.
            9 if !theme.backend().converts_values() && !column.takes_patterns() => {
                Self::equal(column, column.draw(rng, theme.rows()))
            }
            9 => Self::Like(column, rng.pick(&["%o%", "t_", "T%", "%", "3", "a%"]).to_owned()),
            10 | 11 => Self::All(nested(rng)),
            12 => Self::Any(nested(rng)),
            _ => Self::Not(Box::new(Self::random(table, theme, depth - 1, rng))),
        }
    }

    /// As SeaORM takes it.
    #[must_use]
    pub fn condition(&self, table: Table) -> Condition {
        let col = |column: &Column| Expr::col((Alias::new(table.name()), Alias::new(column.name)));
        let value = |column: &Column, literal: &Literal| Expr::val(literal.bind(column.of()));
        Cond::all().add(match self {
            Self::Compare(column, Compare::Equal, literal) => col(column).eq(value(column, literal)),
            Self::Compare(column, Compare::Unequal, literal) => col(column).ne(value(column, literal)),
            Self::Compare(column, Compare::Less, literal) => col(column).lt(value(column, literal)),
            Self::Compare(column, Compare::AtLeast, literal) => col(column).gte(value(column, literal)),
            Self::In(column, literals, negation) => {
                let values = literals.iter().map(|literal| value(column, literal));
                match negation {
                    Negation::Plain => col(column).is_in(values),
                    Negation::Negated => col(column).is_not_in(values),
                }
            }
            Self::Between(column, low, high) => col(column).between(value(column, low), value(column, high)),
            Self::Null(column, Negation::Plain) => col(column).is_null(),
            Self::Null(column, Negation::Negated) => col(column).is_not_null(),
            Self::Like(column, pattern) => col(column).like(LikeExpr::new(pattern)),
            Self::All(parts) => {
                return parts.iter().fold(Cond::all(), |all, part| all.add(part.condition(table)));
            }
            Self::Any(parts) => {
                return parts.iter().fold(Cond::any(), |any, part| any.add(part.condition(table)));
            }
            Self::Not(inner) => return inner.condition(table).not(),
        })
    }

    /// As hand-written SQL.
    pub fn write(&self, sql: &mut Sql) {
        self.write_for("", sql);
    }

    /// As hand-written SQL, each column behind this qualifier.
    pub fn write_for(&self, qualifier: &str, sql: &mut Sql) {
        match self {
            Self::Compare(column, compare, literal) => {
                let sign = match compare {
                    Compare::Equal => " = ",
                    Compare::Unequal => " <> ",
                    Compare::Less => " < ",
                    Compare::AtLeast => " >= ",
                };
                sql.push(qualifier).push(column.name).push(sign).value(literal, column.of());
            }
            Self::In(column, literals, negation) => {
                let not = if *negation == Negation::Negated { " NOT IN (" } else { " IN (" };
                sql.push(qualifier).push(column.name).push(not).list(literals, column.of()).push(")");
            }
            Self::Between(column, low, high) => {
                sql.push(qualifier)
                    .push(column.name)
                    .push(" BETWEEN ")
                    .value(low, column.of())
                    .push(" AND ")
                    .value(high, column.of());
            }
            Self::Null(column, negation) => {
                let not = if *negation == Negation::Negated { " IS NOT NULL" } else { " IS NULL" };
                sql.push(qualifier).push(column.name).push(not);
            }
            Self::Like(column, pattern) => {
                sql.push(qualifier).push(column.name).push(" LIKE ").literal(&Literal::text(pattern));
            }
            Self::All(parts) => Self::joined(qualifier, sql, parts, [" AND ", "TRUE"]),
            Self::Any(parts) => Self::joined(qualifier, sql, parts, [" OR ", "FALSE"]),
            Self::Not(inner) => {
                sql.push("NOT ");
                Self::nested(qualifier, sql, inner);
            }
        }
    }

    fn joined(qualifier: &str, sql: &mut Sql, parts: &[Self], [word, none]: [&str; 2]) {
        sql.push(if parts.is_empty() { none } else { "" });
        for (index, part) in parts.iter().enumerate() {
            sql.push(if index > 0 { word } else { "" });
            Self::nested(qualifier, sql, part);
        }
    }

    fn nested(qualifier: &str, sql: &mut Sql, filter: &Self) {
        sql.push("(");
        filter.write_for(qualifier, sql);
        sql.push(")");
    }
}

/// As SQL with its values.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sql = Sql::new(Values::Inline);
        self.write(&mut sql);
        fmt::Display::fmt(&sql, f)
    }
}
