//! Random joins as SQL: of two or three tables, of every type, with conditions in ON and WHERE.

use super::answer::Order;
use super::filter::{Filter, Negation};
use crate::literal::{Literal, Sql, Values};
use crate::rng::Rng;
use crate::world::{Column, Table, Theme};

/// Columns that belong together: a reference and its key, or columns of like values.
const LINKS: &[(Table, &str, Table, &str)] = &[
    (Table::Article, "author_id", Table::Author, "id"),
    (Table::Article, "category", Table::Category, "slug"),
    (Table::Comment, "article_id", Table::Article, "id"),
    (Table::Comment, "author_id", Table::Author, "id"),
    (Table::ArticleTag, "article_id", Table::Article, "id"),
    (Table::ArticleTag, "tag_id", Table::Tag, "id"),
    (Table::Author, "boss_id", Table::Author, "id"),
    (Table::Article, "author_id", Table::Comment, "author_id"),
    (Table::Article, "id", Table::Comment, "stars"),
    (Table::Audit, "row_id", Table::Article, "id"),
    (Table::Slot, "room", Table::Stock, "shop"),
    (Table::Stock, "shelf", Table::Author, "region"),
];

/// A random join.
#[derive(Clone, Debug)]
pub struct Join {
    /// Whether the rows are ordered totally.
    pub order: Order,
    /// The tables that it reads.
    pub tables: Vec<Table>,
    /// The text.
    pub sql: Sql,
}

/// The tables so far, by alias: the first is `t0`.
struct From<'a> {
    tables: Vec<Table>,
    theme: &'a Theme,
    sql: Sql,
    /// Conditions that belong to WHERE.
    conditions: Vec<String>,
}

impl Join {
    /// Any join; `None` if the first table drawn is linked to none.
    pub fn random(theme: &Theme, rng: &mut Rng) -> Option<Self> {
        let mut from = From {
            tables: vec![theme.table(rng)],
            theme,
            sql: Sql::new(Values::Inline),
            conditions: Vec::new(),
        };
        let first = from.tables[0];
        from.sql.push(first.name()).push(" t0");
        let count = 1 + rng.below(2);
        for number in 1..=count {
            from.join(number == count, rng)?;
        }
        let source = from.sql.to_string();
        let projection = from.projection(rng);
        let order = if rng.chance(35) { Order::Total } else { Order::Unspecified };
        let mut sql = Sql::new(Values::Inline);
        sql.push("SELECT ").push(&projection).push(" FROM ").push(&source);
        from.filter(rng);
        if !from.conditions.is_empty() {
            sql.push(" WHERE ").push(&from.conditions.join(" AND "));
        }
        if order == Order::Total && !projection.contains('(') && !projection.starts_with("DISTINCT") {
            sql.push(" ORDER BY ").push(&from.ordering(rng));
            if rng.chance(60) {
                sql.push(&format!(" LIMIT {}", 1 + rng.below(3)));
            }
            return Some(Self { order, tables: from.tables, sql });
        }
        Some(Self { order: Order::Unspecified, tables: from.tables, sql })
    }
}

impl From<'_> {
    /// Joins another table, the last one or not.
    fn join(&mut self, is_last: bool, rng: &mut Rng) -> Option<()> {
        let links: Vec<(usize, &str, Table, &str)> = self
            .tables
            .iter()
            .enumerate()
            .flat_map(|(place, table)| {
                LINKS.iter().flat_map(move |(one, column, other, key)| {
                    let forth = (one == table).then_some((place, *column, *other, *key));
                    let back = (other == table).then_some((place, *key, *one, *column));
                    [forth, back].into_iter().flatten()
                })
            })
            .collect();
        if links.is_empty() {
            return None;
        }
        let (place, column, table, key) = rng.pick(&links);
        let alias = self.tables.len();
        self.tables.push(table);
        let link = match rng.chance(50) {
            true => format!("t{place}.{column} = t{alias}.{key}"),
            false => format!("t{alias}.{key} = t{place}.{column}"),
        };
        let mut on = link.clone();
        for side in 0..=alias {
            if rng.chance(18) {
                on.push_str(" AND ");
                on.push_str(&self.condition(side, rng));
            }
        }
        let kind = rng.weighted(&[
            (30, "JOIN"),
            (10, "INNER JOIN"),
            (38, "LEFT JOIN"),
            (6, "RIGHT JOIN"),
            (6, if self.theme.backend().has_full_joins() { "FULL JOIN" } else { "LEFT JOIN" }),
            (10, ","),
        ]);
        let name = table.name();
        if kind == "," {
            // Elsewhere than in SQLite a comma binds less than JOIN, and ON behind it would not see what is before it.
            let comma = if is_last || !self.theme.backend().is_server() { "," } else { " CROSS JOIN" };
            self.sql.push(&format!("{comma} {name} t{alias}"));
            self.conditions.push(on);
        } else {
            // PostgreSQL has a FULL JOIN by equalities only.
            let on = if kind == "FULL JOIN" && self.theme.backend().is_server() { link } else { on };
            self.sql.push(&format!(" {kind} {name} t{alias} ON {on}"));
        }
        Some(())
    }

    /// A condition on one table: what a scope could be made of, or that there is no row.
    fn condition(&self, place: usize, rng: &mut Rng) -> String {
        let table = self.tables[place];
        let filter = match rng.below(10) {
            0..=5 => match self.theme.scope_of(table, rng) {
                Some(columns) => {
                    let column = rng.pick(&columns);
                    match column.draw(rng, self.theme.rows()) {
                        Literal::Null => Filter::Null(column, Negation::Plain),
                        value => Filter::equal(column, value),
                    }
                }
                None => Filter::random(table, self.theme, 0, rng),
            },
            6 => {
                let columns = self.theme.scope_of(table, rng).unwrap_or_else(|| table.columns().to_vec());
                Filter::Null(rng.pick(&columns), Negation::Plain)
            }
            7 => Filter::key(table, &self.theme.key(table, rng)),
            _ => Filter::random(table, self.theme, 1, rng),
        };
        let mut sql = Sql::new(Values::Inline);
        filter.write_for(&format!("t{place}."), &mut sql);
        format!("({sql})")
    }

    fn filter(&mut self, rng: &mut Rng) {
        for place in 0..self.tables.len() {
            if rng.chance(45) {
                let condition = self.condition(place, rng);
                self.conditions.push(condition);
            }
        }
    }

    fn projection(&self, rng: &mut Rng) -> String {
        let mut columns: Vec<String> = Vec::new();
        let mut add = |place: usize, column: &Column| columns.push(format!("t{place}.{}", column.name));
        for (place, table) in self.tables.iter().enumerate() {
            if rng.chance(65) {
                table.key().iter().for_each(|column| add(place, column));
            }
            for _ in 0..rng.below(3) {
                add(place, &rng.pick(table.columns()));
            }
        }
        match rng.below(20) {
            _ if columns.is_empty() => "count(*)".to_owned(),
            0 => "count(*)".to_owned(),
            1 if self.theme.backend().converts_values() => format!("max({})", columns[0]),
            // There is no largest of what is true or false.
            1 => format!("max(CAST({} AS text))", columns[0]),
            2 | 3 => format!("DISTINCT {}", columns.join(", ")),
            4 => "*".to_owned(),
            5 => "t0.*".to_owned(),
            _ => columns.join(", "),
        }
    }

    /// One column of the user's, then the keys of all tables.
    fn ordering(&self, rng: &mut Rng) -> String {
        let mut columns: Vec<String> = Vec::new();
        if rng.chance(60) {
            let place = rng.below(self.tables.len());
            let direction = if rng.chance(50) { "" } else { " DESC" };
            columns.push(format!("t{place}.{}{direction}", rng.pick(self.tables[place].columns()).name));
        }
        for (place, table) in self.tables.iter().enumerate() {
            columns.extend(table.key().iter().map(|column| format!("t{place}.{}", column.name)));
        }
        columns.join(", ")
    }
}
