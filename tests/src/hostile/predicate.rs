//! Single predicates: equalities that narrow, and what looks like one.

use super::grammar::Grammar;
use super::moment;
use super::sight::Sights;
use crate::backend::Backend;
use crate::literal::Type;
use crate::world::Column;

impl Grammar<'_> {
    pub(super) fn predicate(&mut self, sights: &Sights, depth: u32) -> String {
        let Some((name, column)) = self.column(sights, |_| true) else { return "TRUE".to_owned() };
        let backend = self.backend();
        match self.rng.below(100) {
            0..=37 => self.equality(&name, &column),
            38..=44 => {
                let sign = self.rng.pick(&["<>", "<", ">=", "<", "!="]);
                format!("{name} {sign} {}", self.value(&column))
            }
            45..=50 => self.list(&name, &column),
            51..=53 => format!("{name} BETWEEN {} AND {}", self.value(&column), self.value(&column)),
            54..=57 => format!("{name} IS {}NULL", self.rng.pick(&["", "", "NOT "])),
            58..=62 => self.row(sights).unwrap_or_else(|| self.equality(&name, &column)),
            63..=66 => self.pattern(sights).unwrap_or_else(|| self.equality(&name, &column)),
            67..=72 => self.same(&name, &column),
            73..=78 => self.computed(&name, &column),
            79..=81 if backend != Backend::Postgres => self.chain(&name, &column, sights),
            79..=82 => self.flag(sights).unwrap_or_else(|| self.equality(&name, &column)),
            83..=86 => match self.number(sights) {
                Some((other, _)) if column.of() == Type::Int => format!("{name} = {other}"),
                _ => self.equality(&name, &column),
            },
            87..=97 if depth > 0 => self.nested(sights, depth - 1),
            98 => self.rng.pick(moment::all(backend)).to_owned(),
            _ => self.equality(&name, &column),
        }
    }

    /// An equality of some column.
    pub(super) fn comparison(&mut self, sights: &Sights) -> String {
        match self.column(sights, |_| true) {
            Some((name, column)) => self.equality(&name, &column),
            None => "1 = 1".to_owned(),
        }
    }

    fn equality(&mut self, name: &str, column: &Column) -> String {
        let value = self.value(column);
        if self.rng.chance(20) { format!("{value} = {name}") } else { format!("{name} = {value}") }
    }

    fn list(&mut self, name: &str, column: &Column) -> String {
        let mut values = vec![self.value(column), self.value(column)];
        if self.rng.chance(30) {
            values.push("NULL".to_owned());
        }
        let not = if self.rng.chance(25) { "NOT " } else { "" };
        format!("{name} {not}IN ({})", values.join(", "))
    }

    /// Two columns and two values at once.
    fn row(&mut self, sights: &Sights) -> Option<String> {
        let (one, of_one) = self.column(sights, |_| true)?;
        let (other, of_other) = self.column(sights, |_| true)?;
        let mut pair = || format!("({}, {})", self.value(&of_one), self.value(&of_other));
        let (first, second) = (pair(), pair());
        let list = if self.backend() == Backend::Sqlite { "VALUES " } else { "" };
        Some(match self.rng.below(4) {
            0 | 1 => format!("(({one}, {other}) = {first})"),
            2 => format!("(({one}, {other}) IN ({list}{first}, {second}))"),
            _ => format!("(({one}, {other}) <= {first})"),
        })
    }

    /// A pattern, whose escape character may be any.
    fn pattern(&mut self, sights: &Sights) -> Option<String> {
        let (name, _) = self.column(sights, Column::takes_patterns)?;
        let not = if self.rng.chance(20) { "NOT " } else { "" };
        let pattern =
            self.rng.pick(&["'t!%' ESCAPE '!'", "'%o%'", "'t_'", "'t|_' ESCAPE '|'", "'it''s%'", "''"]);
        Some(format!("{name} {not}LIKE {pattern}"))
    }

    /// An equality for which NULL is a value, or that others may take for one.
    fn same(&mut self, name: &str, column: &Column) -> String {
        let value = self.literal(column);
        match self.backend() {
            Backend::Sqlite => {
                let is = self.rng.pick(&["IS", "IS NOT", "IS NOT DISTINCT FROM", "==", "IS DISTINCT FROM"]);
                format!("{name} {is} {value}")
            }
            Backend::Postgres => match self.rng.below(3) {
                0 => format!("{name} IS NOT DISTINCT FROM {value}"),
                1 => format!("{name} = ANY (ARRAY[{name}, {name}])"),
                _ => format!("{name} IS DISTINCT FROM {value}"),
            },
            Backend::MariaDb => format!("{name} <=> {value}"),
        }
    }

    /// A column within an expression.
    fn computed(&mut self, name: &str, column: &Column) -> String {
        let value = self.literal(column);
        let text = if self.backend() == Backend::MariaDb { "char" } else { "text" };
        match (column.of(), self.rng.below(6)) {
            (Type::Int, 0) => format!("{name} + 1 = {value}"),
            (Type::Int, 1) => format!("- {name} = {value}"),
            (Type::Int, 2) => format!("{name} & 1 = 1"),
            (_, 0 | 1) => format!("CAST({name} AS {text}) = '{}'", value.trim_matches('\'')),
            (Type::Text, 2) if self.backend() == Backend::MariaDb => format!("concat({name}, '!') = 't1!'"),
            (Type::Text, 2) => format!("{name} || '!' = 'x!'"),
            (Type::Bool, _) => format!("{name} = {value}"),
            (_, 3) => format!("coalesce({name}, {value}) = {value}"),
            (_, 4) => format!("nullif({name}, {value}) IS NULL"),
            _ => format!("CASE {name} WHEN {value} THEN 1 ELSE 2 END = 1"),
        }
    }

    /// A comparison of comparisons, whose sides only the order of the operators tells.
    fn chain(&mut self, name: &str, column: &Column, sights: &Sights) -> String {
        let value = self.value(column);
        let Some((other, _)) = self.number(sights) else { return format!("{name} = {value} = 1") };
        match self.rng.below(5) {
            0 => format!("{name} = {value} = {other}"),
            1 => format!("{other} < 2 = {name}"),
            2 => format!("{name} = {value} IN (0, 1)"),
            3 => format!("{name} = {value} IS NULL"),
            _ => format!("{name} = {value} < {other}"),
        }
    }

    /// What is true or false by itself.
    fn flag(&mut self, sights: &Sights) -> Option<String> {
        let (name, _) = self.column(sights, |column| column.of() == Type::Bool)?;
        Some(match self.rng.below(4) {
            0 | 1 => name,
            2 => format!("{name} IS NOT FALSE"),
            _ => match self.number(sights) {
                Some((number, _)) => format!("{name} = ({number} > 2)"),
                None => format!("{name} IS TRUE"),
            },
        })
    }

    /// A query within.
    fn nested(&mut self, sights: &Sights, depth: u32) -> String {
        let Some((name, _)) = self.number(sights) else { return "TRUE".to_owned() };
        match self.rng.below(7) {
            0 | 1 => format!("EXISTS ({})", self.existing(sights, depth)),
            2 => format!("NOT EXISTS ({})", self.existing(sights, depth)),
            3 | 4 => format!("{name} IN ({})", self.numbers(sights, depth)),
            5 => format!("{name} NOT IN ({})", self.numbers(sights, depth)),
            _ => format!("{name} = ({})", self.one_number(sights, depth)),
        }
    }
}
