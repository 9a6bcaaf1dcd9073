//! Queries: what is shown, by which names, from where, in which order, and what is put together of several.

use super::from::From;
use super::grammar::Grammar;
use super::relation::Relation;
use super::sight::Sights;
use crate::backend::Backend;
use crate::literal::Type;
use crate::read::Order;
use crate::world::Column;

/// A whole query.
pub(super) struct Select {
    pub(super) text: String,
    pub(super) order: Order,
}

/// Names that common table expressions and columns are given.
const NAMES: &[&str] = &["author", "comment", "tag", "category", "word", "front", "w"];
const COLUMNS: &[&str] = &["id", "views", "n", "author_id", "title", "category"];

impl Grammar<'_> {
    /// Any query.
    pub(super) fn query(&mut self) -> Select {
        let mut with = String::new();
        for number in 0..self.rng.weighted(&[(78, 0), (15, 1), (7, 2)]) {
            with.push_str(if number == 0 { "WITH " } else { ", " });
            with.push_str(&self.named());
        }
        with.push_str(if with.is_empty() { "" } else { " " });
        let select = match self.rng.below(100) {
            0..=7 => self.set(),
            8..=14 => self.grouped(&Sights::default(), 2),
            15..=19 => self.windowed(),
            _ => self.plain(),
        };
        Select { text: format!("{with}{}", select.text), ..select }
    }

    /// A common table expression, which may hide a table.
    fn named(&mut self) -> String {
        let (query, columns) = self.derived(&Sights::default(), 1);
        let is_free = |name: &&&str| {
            // In SQLite a name means itself also within.
            !query.contains(**name) && !self.named.iter().any(|(known, _)| known == *name)
        };
        let free: Vec<&'static str> = NAMES.iter().filter(is_free).copied().collect();
        let name = if free.is_empty() { "hidden" } else { self.rng.pick(&free) };
        self.named.push((name, columns));
        format!("{name} AS ({query})")
    }

    fn plain(&mut self) -> Select {
        let from = self.from(3, &Sights::default(), 2);
        let mut shown: Vec<String> = Vec::new();
        for _ in 0..1 + self.rng.below(4) {
            shown.push(self.shown(&from));
        }
        let mut shown = shown.join(", ");
        let mut distinct = "";
        match self.rng.below(100) {
            0..=4 => "*".clone_into(&mut shown),
            5..=8 => shown = format!("{}.*", from.sights.inner[0].alias),
            9..=14 => "count(*)".clone_into(&mut shown),
            15..=19 => distinct = "DISTINCT ",
            _ => {}
        }
        let filter = self.filter(&from.sights, 2);
        let text = format!("SELECT {distinct}{shown} FROM {}{filter}", from.text);
        let is_plain = distinct.is_empty() && shown != "count(*)";
        match from
            .single
            .filter(|_| is_plain && self.rng.chance(35))
            .and_then(|relation| self.first(&from, &relation))
        {
            Some(end) => Select { text: text + &end, order: Order::Total },
            None => Select { text, order: Order::Unspecified },
        }
    }

    /// A column by its own name or another's, an expression, a query.
    fn shown(&mut self, from: &From) -> String {
        let Some((name, column)) = self.column(&from.sights, |_| true) else { return "1".to_owned() };
        match self.rng.below(20) {
            0..=3 => format!("{name} AS {}", self.rng.pick(COLUMNS)),
            4 if column.of() == Type::Int => format!("CASE WHEN {name} > 2 THEN {name} ELSE 0 END"),
            5 => format!("coalesce({name}, {}) AS {}", self.literal(&column), self.rng.pick(COLUMNS)),
            6 => format!("({})", self.one_number(&from.sights, 1)),
            7 => format!("{name} IS NULL"),
            _ => name,
        }
    }

    fn filter(&mut self, sights: &Sights, depth: u32) -> String {
        if self.rng.chance(10) { String::new() } else { format!(" WHERE {}", self.condition(sights, depth)) }
    }

    /// An order that is total, since it ends with the key, and perhaps only the first rows.
    fn first(&mut self, from: &From, relation: &Relation) -> Option<String> {
        let alias = &from.sights.inner[0].alias;
        let mut by: Vec<String> = relation.key().map(|column| format!("{alias}.{}", column.name)).collect();
        if by.is_empty() {
            return None;
        }
        let column = self.rng.pick(relation.columns);
        let direction = self.rng.pick(&["", " DESC"]);
        match self.rng.below(3) {
            0 => by.insert(0, format!("{alias}.{}{direction}", column.name)),
            1 => by.insert(0, format!("{alias}.{} IS NULL{direction}", column.name)),
            _ => {}
        }
        let limit = match self.rng.below(4) {
            0 => String::new(),
            1 => " LIMIT 1 OFFSET 1".to_owned(),
            _ => format!(" LIMIT {}", 1 + self.rng.below(3)),
        };
        Some(format!(" ORDER BY {}{limit}", by.join(", ")))
    }

    /// A query whose columns have names of their own, as its outside sees it.
    pub(super) fn derived(&mut self, around: &Sights, depth: u32) -> (String, Vec<Column>) {
        let from = self.from(2, around, depth);
        let (mut shown, mut columns) = (Vec::new(), Vec::<Column>::new());
        for _ in 0..2 + self.rng.below(3) {
            let Some((name, column)) = self.column(&Sights::of(from.sights.inner.clone()), |_| true) else {
                continue;
            };
            let known = if self.rng.chance(30) { self.rng.pick(COLUMNS) } else { column.name };
            if !columns.iter().any(|column| column.name == known) {
                shown.push(if known == column.name { name } else { format!("{name} AS {known}") });
                columns.push(Column { name: known, ..column });
            }
        }
        if shown.is_empty() {
            return ("SELECT 1 AS one".to_owned(), Vec::new());
        }
        let filter = self.filter(&from.sights, depth);
        let end = match from.single {
            Some(relation) if self.rng.chance(25) => self.first(&from, &relation).unwrap_or_default(),
            _ => String::new(),
        };
        (format!("SELECT {} FROM {}{filter}{end}", shown.join(", "), from.text), columns)
    }

    /// What EXISTS asks.
    pub(super) fn existing(&mut self, around: &Sights, depth: u32) -> String {
        let from = self.from(2, around, depth);
        format!("SELECT 1 FROM {}{}", from.text, self.filter(&from.sights, depth))
    }

    /// One column of numbers.
    pub(super) fn numbers(&mut self, around: &Sights, depth: u32) -> String {
        let from = self.from(1, around, depth);
        let own = Sights::of(from.sights.inner.clone());
        let name = self.number(&own).map_or_else(|| "1".to_owned(), |(name, _)| name);
        format!("SELECT {name} FROM {}{}", from.text, self.filter(&from.sights, depth))
    }

    /// One number of many rows.
    pub(super) fn one_number(&mut self, around: &Sights, depth: u32) -> String {
        let from = self.from(1, around, depth);
        let own = Sights::of(from.sights.inner.clone());
        let shown = match self.number(&own) {
            Some((name, _)) => format!("{}({name})", self.rng.pick(&["max", "min", "count"])),
            None => "count(*)".to_owned(),
        };
        format!("SELECT {shown} FROM {}{}", from.text, self.filter(&from.sights, depth))
    }

    /// Groups, some of them left out.
    fn grouped(&mut self, around: &Sights, depth: u32) -> Select {
        let from = self.from(2, around, depth);
        let Some((by, _)) = self.column(&from.sights, |_| true) else { return self.plain() };
        let number = self.number(&from.sights).map_or_else(|| "1".to_owned(), |(name, _)| name);
        let filter = self.filter(&from.sights, depth);
        let having = match self.rng.below(4) {
            0 => " HAVING count(*) > 1".to_owned(),
            1 => format!(" HAVING max({number}) < 4 OR count(*) = 1"),
            2 => format!(" HAVING count(*) > ({})", self.one_number(&Sights::default(), 1)),
            _ => String::new(),
        };
        let known = self.rng.pick(&["total", "amount"]);
        let text = format!(
            "SELECT {by}, count(*) AS {known}, max({number}) FROM {}{filter} GROUP BY {by}{having}",
            from.text
        );
        Select { text, order: Order::Unspecified }
    }

    /// What a row is among the others: never a place among equals.
    fn windowed(&mut self) -> Select {
        let from = self.from(2, &Sights::default(), 1);
        let pick = |grammar: &mut Self| grammar.column(&from.sights, |_| true).map(|(name, _)| name);
        let (Some(shown), Some(by), Some(order)) = (pick(self), pick(self), pick(self)) else {
            return self.plain();
        };
        let call = self.rng.pick(&["rank()", "dense_rank()", "count(*)"]);
        let filter = self.filter(&from.sights, 1);
        let over = format!("PARTITION BY {by} ORDER BY {order}");
        let text = format!("SELECT {shown}, {call} OVER ({over}) FROM {}{filter}", from.text);
        Select { text, order: Order::Unspecified }
    }

    /// Sets of numbers.
    fn set(&mut self) -> Select {
        let around = Sights::default();
        let mut text = self.numbers(&around, 1);
        for _ in 0..1 + self.rng.below(2) {
            let all: &[&str] = match self.backend() {
                Backend::Sqlite => &["UNION", "UNION ALL", "EXCEPT", "INTERSECT"],
                _ => &["UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"],
            };
            text = format!("{text} {} {}", self.rng.pick(all), self.numbers(&around, 1));
        }
        Select { text, order: Order::Unspecified }
    }
}
