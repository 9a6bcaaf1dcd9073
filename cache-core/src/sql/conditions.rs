//! What top-level conjuncts fix, and through which joins that propagates.

use sqlparser::ast::{BinaryOperator, DataType, Expr, Ident, UnaryOperator, Value as Literal};

use super::names::{ColumnRef, Names, spelled};
use super::plan::{Fixed, Operand, RowVersion};
use super::tokens::placeholder;
use crate::mutation::{self, Mutation};
use crate::schema::{Column, ColumnId, Schema};
use crate::value::Value;

/// At which point of the FROM clause a conjunct filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// WHERE, and ON of inner joins: a row that fails it appears nowhere.
    Filter,
    /// ON of a left join: it filters the optional side only.
    Optional { drafts: Vec<usize> },
    /// ON of any other join: it fixes nothing.
    Other,
}

/// One conjunct, as far as it is understood.
#[derive(Debug)]
pub(super) enum Conjunct {
    Fixed { draft: usize, fixed: Vec<Fixed> },
    Equal(ColumnRef, ColumnRef),
    Other,
}

/// The conjuncts of one SELECT, UPDATE or DELETE.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    conjuncts: Vec<(Conjunct, Level)>,
}

/// What is known of one draft.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) fixed: Vec<Fixed>,
    /// Columns that equal a column of another draft.
    pub(super) joined: Vec<(ColumnId, ColumnRef)>,
}

impl Conditions {
    pub(super) fn add(&mut self, names: &Names<'_>, expression: &Expr, level: &Level) {
        match expression {
            Expr::Nested(inner) => self.add(names, inner, level),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.add(names, left, level);
                self.add(names, right, level);
            }
            _ => self.conjuncts.push((conjunct(names, expression, level), level.clone())),
        }
    }

    /// Whether every conjunct fixes columns of this draft.
    pub(super) fn only_fix(&self, draft: usize) -> bool {
        self.conjuncts.iter().all(|(conjunct, level)| {
            *level == Level::Filter
                && matches!(conjunct, Conjunct::Fixed { draft: fixed, .. } if *fixed == draft)
        })
    }

    /// What the conjuncts, and the equalities that carry them on, say of this draft.
    pub(super) fn known(&self, names: &Names<'_>, draft: usize) -> Known {
        let mut filtered = self.filtered();
        self.propagate(names, &mut filtered);
        let mut known = Known::default();
        for filter in filtered {
            if filter.draft == draft {
                known.fixed.push(filter.fixed);
            }
        }
        for (conjunct, level) in &self.conjuncts {
            let applies = match level {
                Level::Filter => true,
                Level::Optional { drafts } => {
                    drafts.contains(&draft) || mutation::is(Mutation::OnNarrowsPreservedSide)
                }
                Level::Other => false,
            };
            if !applies {
                continue;
            }
            match conjunct {
                Conjunct::Fixed { draft: owner, fixed } if *owner == draft && *level != Level::Filter => {
                    known.fixed.extend(fixed.iter().cloned());
                }
                Conjunct::Equal(one, other) if one.draft == draft && other.draft != draft => {
                    known.joined.push((one.column, *other));
                }
                Conjunct::Equal(one, other) if other.draft == draft && one.draft != draft => {
                    known.joined.push((other.column, *one));
                }
                _ => {}
            }
        }
        known
    }

    fn filtered(&self) -> Vec<Filtered> {
        let mut filtered = Vec::new();
        for (conjunct, level) in &self.conjuncts {
            if let (Conjunct::Fixed { draft, fixed }, Level::Filter) = (conjunct, level) {
                filtered.extend(fixed.iter().map(|fixed| Filtered {
                    draft: *draft,
                    fixed: fixed.clone(),
                    because: Because::RowsHaveIt,
                }));
            }
        }
        filtered
    }

    /// A filter on one side of an equality filters the other: of inner joins both ways; of a left join too,
    /// for a row that contradicts it joins only rows that the filter removes, NULLs stood in or not.
    fn propagate(&self, names: &Names<'_>, filtered: &mut Vec<Filtered>) {
        loop {
            let mut found: Vec<Filtered> = Vec::new();
            for (conjunct, level) in &self.conjuncts {
                let Conjunct::Equal(one, other) = conjunct else { continue };
                if !same_type(names, *one, *other) {
                    continue;
                }
                for (from, to) in [(one, other), (other, one)] {
                    if filtered.iter().chain(&found).any(|filter| filter.is_of(*to)) {
                        continue;
                    }
                    let filter = filtered
                        .iter()
                        .find(|filter| filter.is_of(*from))
                        .filter(|filter| !filter.fixed.operands.contains(&Operand::Literal(Value::Null)));
                    let carried =
                        filter.and_then(|filter| Some((filter, carries(level, *from, *to, filter)?)));
                    if let Some((filter, because)) = carried {
                        let fixed = Fixed { column: to.column, operands: filter.fixed.operands.clone() };
                        found.push(Filtered { draft: to.draft, fixed, because });
                    }
                }
            }
            if found.is_empty() {
                return;
            }
            filtered.append(&mut found);
        }
    }
}

/// A column of a draft that is fixed, and why.
#[derive(Debug)]
struct Filtered {
    draft: usize,
    fixed: Fixed,
    because: Because,
}

impl Filtered {
    fn is_of(&self, column: ColumnRef) -> bool {
        self.draft == column.draft && self.fixed.column == column.column
    }
}

/// Why rows with another value do not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Because {
    /// Every row of the result has it, so that none is one where NULLs stand in.
    RowsHaveIt,
    /// They could only join rows that do not matter. NULLs may stand in for the draft all the same.
    PartnersHaveIt,
}

/// Whether an equality carries a filter from one column to another, and as what.
fn carries(level: &Level, from: ColumnRef, to: ColumnRef, filter: &Filtered) -> Option<Because> {
    match level {
        Level::Filter => Some(filter.because),
        Level::Optional { drafts } if drafts.contains(&to.draft) => Some(Because::PartnersHaveIt),
        // ON of a left join restricts the preserved side only if the optional side is no NULLs in any row; of
        // two columns of the preserved side it never says anything.
        Level::Optional { drafts } => (drafts.contains(&from.draft) && filter.because == Because::RowsHaveIt)
            .then_some(Because::RowsHaveIt),
        Level::Other => None,
    }
}

/// Equality carries a value over only where both columns compare it in the same canonical form.
pub(super) fn same_type(names: &Names<'_>, one: ColumnRef, other: ColumnRef) -> bool {
    let left = names.table(one.draft).column(one.column);
    let right = names.table(other.draft).column(other.column);
    left.compares_like(right)
}

fn conjunct(names: &Names<'_>, expression: &Expr, level: &Level) -> Conjunct {
    let own = names.own_drafts();
    let allowed = |draft: usize| match level {
        Level::Filter => own.contains(&draft),
        Level::Optional { drafts } => {
            drafts.contains(&draft) || own.contains(&draft) && mutation::is(Mutation::OnNarrowsPreservedSide)
        }
        Level::Other => false,
    };
    match expression {
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            if let (Some(one), Some(other)) = (column(names, left), column(names, right)) {
                let both_own = own.contains(&one.draft) && own.contains(&other.draft);
                return if both_own { Conjunct::Equal(one, other) } else { Conjunct::Other };
            }
            equality(names, left, right)
                .or_else(|| equality(names, right, left))
                .filter(|(draft, _)| allowed(*draft))
                .map_or(Conjunct::Other, |(draft, fixed)| Conjunct::Fixed { draft, fixed })
        }
        // NULLs that an outer join stands in would satisfy it, and a row's birth would remove them.
        Expr::IsNull(inner) => match column(names, inner) {
            Some(found) if allowed(found.draft) && is_null_of_its_own(names, found) => Conjunct::Fixed {
                draft: found.draft,
                fixed: vec![Fixed { column: found.column, operands: vec![Operand::Literal(Value::Null)] }],
            },
            _ => Conjunct::Other,
        },
        _ => alternatives(names, expression)
            .filter(|(draft, _)| allowed(*draft))
            .map_or(Conjunct::Other, |(draft, fixed)| Conjunct::Fixed { draft, fixed }),
    }
}

fn is_null_of_its_own(names: &Names<'_>, found: ColumnRef) -> bool {
    !names.drafts[found.draft].nullable || mutation::is(Mutation::AntiJoinNarrows)
}

/// `a = 1`, `a IN (1, 2)`, `a = 1 OR a = 2`: one column, several values. `(a, b) IN (..)`: several columns.
fn alternatives(names: &Names<'_>, expression: &Expr) -> Option<(usize, Vec<Fixed>)> {
    match expression {
        Expr::Nested(inner) => alternatives(names, inner),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            equality(names, left, right).or_else(|| equality(names, right, left))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let (draft, mut one) = alternatives(names, left)?;
            let (other_draft, other) = alternatives(names, right)?;
            match (one.as_mut_slice(), other.as_slice()) {
                ([one], [other]) if draft == other_draft && one.column == other.column => {
                    one.operands.extend(other.operands.iter().cloned());
                }
                _ => return None,
            }
            Some((draft, one))
        }
        Expr::InList { expr, list, negated: false } => match &**expr {
            Expr::Tuple(columns) => {
                let mut rows = Vec::new();
                for item in list {
                    let Expr::Tuple(values) = item else { return None };
                    rows.push(values.as_slice());
                }
                tuples(names, columns, &rows)
            }
            expr => {
                let found = column(names, expr)?;
                let operands = list.iter().map(|item| operand_of(names, found, item));
                let operands = operands.collect::<Option<Vec<_>>>()?;
                Some((found.draft, vec![Fixed { column: found.column, operands }]))
            }
        },
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, is_some: false } => {
            let found = column(names, left)?;
            let operands = match &**right {
                Expr::Array(array) => array
                    .elem
                    .iter()
                    .map(|item| operand_of(names, found, item))
                    .collect::<Option<Vec<_>>>()?,
                right => match operand(right)? {
                    Operand::Parameter(number) => vec![Operand::Elements(number)],
                    _ => return None,
                },
            };
            Some((found.draft, vec![Fixed { column: found.column, operands }]))
        }
        _ => None,
    }
}

fn equality(names: &Names<'_>, left: &Expr, right: &Expr) -> Option<(usize, Vec<Fixed>)> {
    if let (Expr::Tuple(columns), Expr::Tuple(values)) = (left, right) {
        return tuples(names, columns, &[values]);
    }
    let found = column(names, left)?;
    Some((
        found.draft,
        vec![Fixed { column: found.column, operands: vec![operand_of(names, found, right)?] }],
    ))
}

/// Each column of the tuple has one of the values that stand in its place: wider than the tuples themselves.
fn tuples(names: &Names<'_>, columns: &[Expr], rows: &[&[Expr]]) -> Option<(usize, Vec<Fixed>)> {
    let mut draft = None;
    let mut fixed = Vec::new();
    for (place, expression) in columns.iter().enumerate() {
        let found = column(names, expression)?;
        if *draft.get_or_insert(found.draft) != found.draft {
            return None;
        }
        let operands = rows.iter().map(|row| operand_of(names, found, row.get(place)?));
        let operands = operands.collect::<Option<Vec<_>>>()?;
        fixed.push(Fixed { column: found.column, operands });
    }
    Some((draft?, fixed))
}

/// The one column that an expression is, if it is exactly that.
pub(super) fn column(names: &Names<'_>, expression: &Expr) -> Option<ColumnRef> {
    let (qualifier, name) = identifier(expression)?;
    match names.resolve(qualifier, name).as_slice() {
        [found] if found.exact => Some(*found),
        _ => None,
    }
}

/// The qualifier and name of a column reference.
pub(super) fn identifier(expression: &Expr) -> Option<(Option<&Ident>, &Ident)> {
    match expression {
        Expr::Nested(inner) => identifier(inner),
        Expr::Identifier(name) => Some((None, name)),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., qualifier, name] => Some((Some(qualifier), name)),
            _ => None,
        },
        _ => None,
    }
}

/// The value that an expression compares with this column.
fn operand_of(names: &Names<'_>, column: ColumnRef, expression: &Expr) -> Option<Operand> {
    operand_for(names.schema, names.table(column.draft).column(column.column), expression)
}

/// The value that an expression gives to, or compares with, a column of this definition. A label that is cast to its
/// enumeration is the label.
pub(super) fn operand_for(schema: &Schema, column: &Column, expression: &Expr) -> Option<Operand> {
    match expression {
        Expr::Nested(inner) => operand_for(schema, column, inner),
        Expr::Cast { expr, data_type: DataType::Custom(name, modifiers), format: None, .. } => {
            let is_enum = name.0.last().and_then(|part| part.as_ident());
            let is_enum = is_enum.is_some_and(|name| schema.is_enum(&spelled(schema.dialect(), name)));
            (is_enum && modifiers.is_empty() && column.is_enum()).then(|| operand(expr))?
        }
        _ => operand(expression),
    }
}

/// The value that an expression is, if it is a bound value or a literal.
pub(super) fn operand(expression: &Expr) -> Option<Operand> {
    match expression {
        Expr::Nested(inner) => operand(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match operand(expr)? {
            Operand::Literal(Value::Int(number)) => Some(Operand::Literal(Value::Int(number.checked_neg()?))),
            _ => None,
        },
        Expr::Value(value) => match &value.value {
            Literal::Placeholder(name) => placeholder(name).map(Operand::Parameter),
            // Integers of more than 64 bits are floats: different ones may be equal.
            Literal::Number(digits, _) => {
                digits.parse::<i64>().ok().map(|number| Operand::Literal(Value::from(number)))
            }
            Literal::SingleQuotedString(text) => Some(Operand::Literal(Value::Text(text.clone()))),
            Literal::Boolean(value) => Some(Operand::Literal(Value::Bool(*value))),
            Literal::Null => Some(Operand::Literal(Value::Null)),
            _ => None,
        },
        // Outside of a trigger there is no such row, and the value stays unknown.
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [row, column] if row.value.eq_ignore_ascii_case("new") => {
                Some(Operand::Row(RowVersion::New, column.value.clone()))
            }
            [row, column] if row.value.eq_ignore_ascii_case("old") => {
                Some(Operand::Row(RowVersion::Old, column.value.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}
