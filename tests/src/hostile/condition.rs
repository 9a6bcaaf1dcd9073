//! Conditions without the parentheses that a query builder writes: what belongs to what is for the operators to say.

use super::grammar::Grammar;
use super::sight::Sights;
use crate::backend::Backend;

/// What stands before a connective: `||` of MariaDB takes comparisons only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Comparison,
    Any,
}

impl Grammar<'_> {
    /// Several predicates with whatever stands between them; `depth` is how deep queries within may nest.
    pub(super) fn condition(&mut self, sights: &Sights, depth: u32) -> String {
        let count = self.rng.weighted(&[(22, 1), (42, 2), (26, 3), (10, 4)]);
        let mut text = self.operand(sights, depth);
        let mut last = Side::Any;
        for _ in 1..count {
            let connective = self.connective(last);
            let (next, side) = self.behind(connective, sights, depth);
            (text, last) = (format!("{text} {connective} {next}"), side);
        }
        text
    }

    /// What can stand behind a connective.
    fn behind(&mut self, connective: &str, sights: &Sights, depth: u32) -> (String, Side) {
        if connective == "||" || self.rng.chance(25) {
            (self.comparison(sights), Side::Comparison)
        } else {
            (self.operand(sights, depth), Side::Any)
        }
    }

    fn connective(&mut self, last: Side) -> &'static str {
        let and = [(62, "AND"), (26, "OR")];
        let more: &[(usize, &str)] = match (self.backend(), last) {
            (Backend::MariaDb, Side::Any) => &[(6, "XOR"), (3, "&&")],
            (Backend::MariaDb, Side::Comparison) => &[(8, "XOR"), (12, "||"), (4, "&&")],
            _ => &[],
        };
        let all = [&and, more].concat();
        self.rng.weighted(&all)
    }

    fn operand(&mut self, sights: &Sights, depth: u32) -> String {
        match self.rng.below(100) {
            0..=71 => self.predicate(sights, depth),
            72..=81 => format!("NOT {}", self.predicate(sights, depth)),
            82..=91 => format!("({})", self.shallow(sights, depth)),
            92..=95 => format!("NOT ({})", self.shallow(sights, depth)),
            96 => format!("({}) IS NOT TRUE", self.shallow(sights, depth)),
            97 => format!("CASE WHEN {} THEN TRUE ELSE FALSE END", self.shallow(sights, depth)),
            98 if self.backend() == Backend::MariaDb => format!("! ({})", self.shallow(sights, depth)),
            _ => self.rng.pick(&["TRUE", "1 = 1", "FALSE", "NOT FALSE", "NULL IS NULL"]).to_owned(),
        }
    }

    /// Two predicates.
    fn shallow(&mut self, sights: &Sights, depth: u32) -> String {
        let connective = self.connective(Side::Comparison);
        let next = self.behind(connective, sights, depth.saturating_sub(1)).0;
        format!("{} {connective} {next}", self.comparison(sights))
    }
}
