//! Writes: by other names, of several tables, with common table expressions, where operators decide which rows are meant.

use super::grammar::Grammar;
use super::relation::Relation;
use super::sight::{Sight, Sights};
use super::texts;
use crate::backend::Backend;
use crate::literal::Values;
use crate::read::template;
use crate::rng::Rng;
use crate::world::{Column, Role, Table, Theme};
use crate::write::{Call, Kind, Mix, Operation, Write};

/// A write: of the grammar, of the texts of a hostile world, or of the adversarial mix.
pub(crate) fn write(theme: &Theme, rng: &mut Rng) -> Write {
    match rng.below(100) {
        0..=34 => Write::random(Mix::Adversarial, theme, rng),
        35..=49 => {
            let texts: Vec<_> =
                texts::WRITES.iter().filter(|text| text.on.contains(&theme.backend())).collect();
            text(rng.pick(&texts), theme, rng)
        }
        _ => made(theme, rng),
    }
}

/// A text with its places filled.
pub(super) fn text(text: &crate::write::Text, theme: &Theme, rng: &mut Rng) -> Write {
    let sql = template::fill(text.sql, Values::Inline, theme, rng);
    Write { backend: theme.backend(), kind: text.kind, operation: Operation::Text { sql, call: text.call } }
}

fn made(theme: &Theme, rng: &mut Rng) -> Write {
    let values = if rng.chance(30) { Values::Bound } else { Values::Inline };
    let mut grammar = Grammar::new(theme, rng);
    let (text, kind) = match grammar.rng.below(100) {
        0..=44 => (grammar.update(), Kind::Raw),
        45..=59 => (grammar.joined_update(), Kind::Raw),
        60..=73 => (grammar.delete(), Kind::Raw),
        74..=83 => (grammar.named_write(), Kind::Raw),
        84..=90 => (grammar.copy(), Kind::Raw),
        _ => (grammar.birth(), Kind::Upsert),
    };
    let returns =
        theme.backend() != Backend::MariaDb && !text.starts_with("INSERT") && grammar.rng.chance(20);
    let (text, call) =
        if returns { (format!("{text} RETURNING *"), Call::QueryAll) } else { (text, Call::Execute) };
    let sql = grammar.finish(&text, values);
    Write { backend: theme.backend(), kind, operation: Operation::Text { sql, call } }
}

impl Grammar<'_> {
    /// The target by a name.
    fn named_target(&mut self) -> (Relation, Sight) {
        let relation = self.target();
        let alias = self.alias(&[], Some(relation.name));
        (relation, Sight { alias, columns: relation.columns.to_vec() })
    }

    /// What becomes of a column or two; behind this qualifier they are named.
    fn assignments(&mut self, relation: &Relation, qualifier: &str, sights: &Sights) -> String {
        let roles =
            [Role::Edit, Role::Scope, Role::Counter, Role::Counter, Role::Scope, Role::Edit, Role::Key];
        let mut changes: Vec<String> = Vec::new();
        let count = 1 + self.rng.below(2);
        for _ in 0..8 {
            let role = self.rng.pick(&roles);
            let columns: Vec<&Column> =
                relation.columns.iter().filter(|column| column.role == role).collect();
            if changes.len() < count && !columns.is_empty() && (role != Role::Key || self.rng.chance(15)) {
                let column = self.rng.pick(&columns);
                let start = format!("{qualifier}{} = ", column.name);
                if !changes.iter().any(|change| change.starts_with(&start)) {
                    let value = self.assigned(column, sights);
                    changes.push(start + &value);
                }
            }
        }
        if changes.is_empty() {
            // Every table has a key.
            let key = relation.columns[0].name;
            changes.push(format!("{qualifier}{key} = {qualifier}{key}"));
        }
        changes.join(", ")
    }

    fn assigned(&mut self, column: &Column, sights: &Sights) -> String {
        match (self.rng.below(10), self.number(sights)) {
            (0 | 1, Some((name, _))) if column.role == Role::Counter => format!("{name} + 1"),
            (2, _) if column.role == Role::Counter => format!("({})", self.one_number(sights, 1)),
            (3, _) if self.backend() != Backend::Postgres => self.literal(column),
            _ => self.value(column),
        }
    }

    fn update(&mut self) -> String {
        let (relation, sight) = self.named_target();
        let known_as = Self::known_as(relation.name, &sight.alias);
        let sights = Sights::of(vec![sight]);
        let set = self.assignments(&relation, "", &sights);
        format!("UPDATE {known_as} SET {set} WHERE {}", self.condition(&sights, 1))
    }

    /// Another table beside the target; both by any name.
    fn beside(&mut self, target: &Sight) -> (String, Sight) {
        let other = self.target();
        let alias = self.alias(std::slice::from_ref(target), Some(other.name));
        (Self::known_as(other.name, &alias), Sight { alias, columns: other.columns.to_vec() })
    }

    fn joined_update(&mut self) -> String {
        let (relation, target) = self.named_target();
        let (other, sight) = self.beside(&target);
        let (known_as, alias) = (Self::known_as(relation.name, &target.alias), target.alias.clone());
        let seen = vec![target, sight];
        let link = self.link(&seen);
        let sights = Sights::of(seen);
        if self.backend() != Backend::MariaDb {
            let set = self.assignments(&relation, "", &sights);
            return format!(
                "UPDATE {known_as} SET {set} FROM {other} WHERE {link} AND {}",
                self.condition(&sights, 0)
            );
        }
        let set = self.assignments(&relation, &format!("{alias}."), &sights);
        let condition = self.condition(&sights, 0);
        match self.rng.below(3) {
            0 => format!("UPDATE {known_as}, {other} SET {set} WHERE {link} AND {condition}"),
            1 => format!("UPDATE {other} JOIN {known_as} ON {link} SET {set} WHERE {condition}"),
            _ => format!("UPDATE {known_as} LEFT JOIN {other} ON {link} SET {set} WHERE {condition}"),
        }
    }

    /// Few rows of what others refer to.
    fn delete(&mut self) -> String {
        let (relation, target) = self.named_target();
        let known_as = Self::known_as(relation.name, &target.alias);
        let alias = target.alias.clone();
        let key = relation.columns[0];
        let bound = match relation.name {
            "article" | "author" | "category" | "tag" => {
                format!("{alias}.{} = {} AND ", key.name, self.value(&key))
            }
            _ => String::new(),
        };
        let (backend, is_joined) = (self.backend(), self.rng.chance(30));
        if !is_joined || backend == Backend::Sqlite {
            let condition = self.condition(&Sights::of(vec![target]), 1);
            return match backend {
                Backend::MariaDb if alias == relation.name => {
                    format!("DELETE FROM {alias} WHERE {bound}{condition}")
                }
                Backend::MariaDb if self.rng.chance(50) => {
                    format!("DELETE FROM {alias} USING {known_as} WHERE {bound}{condition}")
                }
                Backend::MariaDb => format!("DELETE {alias} FROM {known_as} WHERE {bound}{condition}"),
                _ => format!("DELETE FROM {known_as} WHERE {bound}{condition}"),
            };
        }
        let (other, sight) = self.beside(&target);
        let seen = vec![target, sight];
        let link = self.link(&seen);
        let condition = self.condition(&Sights::of(seen), 0);
        match (backend, self.rng.below(2)) {
            (Backend::Postgres, _) => {
                format!("DELETE FROM {known_as} USING {other} WHERE {bound}{link} AND {condition}")
            }
            (_, 0) => format!(
                "DELETE FROM {alias} USING {known_as} JOIN {other} ON {link} WHERE {bound}{condition}"
            ),
            _ => format!("DELETE {alias} FROM {known_as}, {other} WHERE {bound}{link} AND {condition}"),
        }
    }

    /// A write with a common table expression that has another table's name, and in PostgreSQL may write too.
    fn named_write(&mut self) -> String {
        if self.backend() == Backend::MariaDb {
            return self.copy();
        }
        let (relation, sight) = self.named_target();
        let names = ["author", "comment", "tag", "front", "w"];
        let free: Vec<&str> =
            names.into_iter().filter(|name| *name != relation.name && *name != sight.alias).collect();
        let name = self.rng.pick(&free);
        let query = match self.backend() {
            Backend::Postgres if self.rng.chance(40) => {
                let condition = self.condition(&Sights::of(vec![whole(Table::Comment)]), 0);
                self.rng.pick(&["DELETE FROM comment", "UPDATE comment SET stars = 5"]).to_owned()
                    + &format!(" WHERE id < 9 AND {condition} RETURNING author_id")
            }
            // In SQLite a name means itself also within.
            Backend::Sqlite => {
                let condition = self.condition(&Sights::of(vec![whole(Table::Article)]), 0);
                format!("SELECT author_id FROM article WHERE {condition}")
            }
            _ => self.numbers(&Sights::default(), 0),
        };
        let known_as = Self::known_as(relation.name, &sight.alias);
        let sights = Sights::of(vec![sight]);
        let number = self.number(&sights).map_or_else(|| "1".to_owned(), |(number, _)| number);
        let set = self.assignments(&relation, "", &Sights::default());
        format!(
            "WITH {name} (found) AS ({query}) UPDATE {known_as} SET {set} WHERE {number} IN (SELECT found FROM {name})"
        )
    }

    /// New rows of what a query finds.
    fn copy(&mut self) -> String {
        let from = self.from(1, &Sights::default(), 1);
        let number = self
            .number(&Sights::of(from.sights.inner.clone()))
            .map_or_else(|| "1".to_owned(), |(name, _)| name);
        let condition = self.condition(&from.sights, 1);
        let rows = format!("SELECT {number}, 'lorem' FROM {} WHERE {condition}", from.text);
        match self.rng.below(3) {
            0 => format!("INSERT INTO comment (article_id, body) {rows}"),
            1 => format!("INSERT INTO audit (row_id, subject) {rows}"),
            _ => format!("INSERT INTO article (views, title) {rows}"),
        }
    }

    /// A row that may be in the way of another one.
    fn birth(&mut self) -> String {
        let relation = loop {
            let relation = self.target();
            if matches!(relation.name, "word" | "item" | "being" | "pet" | "plain") {
                break relation;
            }
        };
        let columns: Vec<&Column> =
            relation.columns.iter().filter(|column| column.role != Role::Generated).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let values: Vec<String> = columns.iter().map(|column| self.value(column)).collect();
        let (name, names, values) = (relation.name, names.join(", "), values.join(", "));
        let counter = if names.contains("n,") { "n" } else { "owner_id" };
        let backend = self.backend();
        let verb = match (backend, self.rng.below(4)) {
            (Backend::Postgres, _) | (_, 0) => "INSERT",
            (Backend::Sqlite, 1) => "INSERT OR IGNORE",
            (Backend::MariaDb, 1) => "INSERT IGNORE",
            _ => "REPLACE",
        };
        let end = match (backend, self.rng.below(3)) {
            _ if verb != "INSERT" => String::new(),
            (_, 0) => String::new(),
            (Backend::MariaDb, _) => format!(" ON DUPLICATE KEY UPDATE {counter} = 7"),
            (Backend::Sqlite, 1) => format!(" ON CONFLICT DO UPDATE SET {counter} = 7"),
            _ => " ON CONFLICT DO NOTHING".to_owned(),
        };
        format!("{verb} INTO {name} ({names}) VALUES ({values}){end}")
    }
}

/// A table by its own name.
fn whole(table: Table) -> Sight {
    Sight { alias: table.name().to_owned(), columns: table.columns().to_vec() }
}
