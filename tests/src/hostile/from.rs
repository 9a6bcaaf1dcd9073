//! The sources of a query: tables by other tables' names, derived ones, joins of every kind.

use super::grammar::Grammar;
use super::relation::Relation;
use super::sight::{Sight, Sights};
use crate::backend::Backend;

/// Names of tables and columns that sources are given.
const MISLEADING: &[&str] =
    &["author", "category", "article", "comment", "tag", "front", "id", "views", "title"];

/// FROM with what stands behind it.
#[derive(Clone, Debug)]
pub(super) struct From {
    pub(super) text: String,
    pub(super) sights: Sights,
    /// The only source, if it is a table itself.
    pub(super) single: Option<Relation>,
}

impl Grammar<'_> {
    /// Up to so many sources.
    pub(super) fn from(&mut self, most: usize, around: &Sights, depth: u32) -> From {
        let count = self.rng.weighted(&[(60, 1), (30, 2), (10, 3)]).min(most);
        let mut seen: Vec<Sight> = Vec::new();
        let (mut text, sight, relation) = self.source(&seen, around, depth);
        seen.push(sight);
        for number in 1..count {
            let (source, sight, _) = self.source(&seen, around, depth);
            let join = self.join(number + 1 == count);
            seen.push(sight);
            let on = match join {
                "JOIN" | "LEFT JOIN" => format!(" ON {}", self.link(&seen)),
                _ => String::new(),
            };
            text = format!("{text}{}{join} {source}{on}", if join == "," { "" } else { " " });
        }
        let single = relation.filter(|_| count == 1);
        From { text, sights: Sights::within(seen, around), single }
    }

    fn join(&mut self, is_last: bool) -> &'static str {
        match self.rng.weighted(&[(40, "JOIN"), (35, "LEFT JOIN"), (15, ","), (10, "CROSS JOIN")]) {
            // A comma binds less, and ON behind it would not see what is before it.
            "," if !is_last => "CROSS JOIN",
            join => join,
        }
    }

    /// What joins the last source to one of the others.
    pub(super) fn link(&mut self, seen: &[Sight]) -> String {
        let (last, others) = seen.split_last().expect("there is one");
        let other = &others[self.rng.below(others.len())];
        let one = self.number(&Sights::of(vec![last.clone()]));
        let link = match (one, self.number(&Sights::of(vec![other.clone()]))) {
            (Some((_, one)), Some((_, column))) => {
                format!("{}.{} = {}.{}", last.alias, one.name, other.alias, column.name)
            }
            _ => "TRUE".to_owned(),
        };
        if self.rng.chance(75) {
            return link;
        }
        format!("{link} AND {}", self.predicate(&Sights::of(seen.to_vec()), 0))
    }

    fn source(&mut self, seen: &[Sight], around: &Sights, depth: u32) -> (String, Sight, Option<Relation>) {
        let kind = self.rng.below(100);
        if kind < 18 && !self.named.is_empty() {
            let place = self.rng.below(self.named.len());
            let (name, columns) = self.named[place].clone();
            let alias = self.alias(seen, Some(name));
            return (Self::known_as(name, &alias), Sight { alias, columns }, None);
        }
        if kind > 80 && depth > 0 {
            // Only what is lateral sees the sources before it.
            let is_lateral = self.backend() == Backend::Postgres && !seen.is_empty() && self.rng.chance(60);
            let before = if is_lateral { Sights::within(seen.to_vec(), around) } else { Sights::default() };
            let (query, columns) = self.derived(&before, depth - 1);
            let alias = self.alias(seen, None);
            let lateral = if is_lateral { "LATERAL " } else { "" };
            return (format!("{lateral}({query}) AS {alias}"), Sight { alias, columns }, None);
        }
        let relation = self.relation();
        let alias = self.alias(seen, Some(relation.name));
        let columns = relation.columns.to_vec();
        (Self::known_as(relation.name, &alias), Sight { alias, columns }, Some(relation))
    }

    pub(super) fn known_as(name: &str, alias: &str) -> String {
        if alias == name { name.to_owned() } else { format!("{name} AS {alias}") }
    }

    /// A name that no other source has: its own, another table's, a column's, or one that says nothing.
    pub(super) fn alias(&mut self, seen: &[Sight], own: Option<&str>) -> String {
        let is_free = |name: &str| !seen.iter().any(|sight| sight.alias == name);
        let drawn = match (self.rng.below(100), own) {
            (0..=24, Some(own)) => own.to_owned(),
            (25..=59, _) => self.rng.pick(MISLEADING).to_owned(),
            _ => self.fresh(),
        };
        if is_free(&drawn) { drawn } else { self.fresh() }
    }
}
