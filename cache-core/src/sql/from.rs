//! FROM clauses and expressions: binding names, and noting which columns are used.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Join,
    JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, TableAlias, TableFactor, TableWithJoins,
    Visit, Visitor,
};

use super::analyse::{parse_query, statements};
use super::conditions::{Level, identifier};
use super::functions::{calls_unknown, classify, operates};
use super::mysql;
use super::names::{Bound, Names, Use};
use super::plan::Refusal;
use super::postgres::reads_the_clock;
use super::select::Place;
use crate::mutation::{self, Mutation};
use crate::schema::{Columns, Dialect, Relation, Routine};

/// A join's ON condition and what it filters.
pub(super) type JoinCondition<'q> = (&'q Expr, Level);

impl<'s> Names<'s> {
    /// Binds one item of a FROM clause and collects its join conditions.
    pub(super) fn read_item<'q>(
        &mut self,
        item: &'q TableWithJoins,
        derived: Place,
        joins: &mut Vec<JoinCondition<'q>>,
    ) {
        self.factor(&item.relation, derived, joins);
        for join in &item.joins {
            self.join(join, joins);
        }
    }

    fn join<'q>(&mut self, join: &'q Join, joins: &mut Vec<JoinCondition<'q>>) {
        use JoinOperator as J;
        let before = self.own_drafts();
        self.factor(&join.relation, Place::Nested, joins);
        let right: Vec<usize> =
            self.own_drafts().into_iter().filter(|draft| !before.contains(draft)).collect();
        let (constraint, level) = match &join.join_operator {
            J::Join(on) | J::Inner(on) | J::CrossJoin(on) | J::StraightJoin(on) => (on, Level::Filter),
            J::Left(on) | J::LeftOuter(on) => {
                right.iter().for_each(|draft| self.drafts[*draft].nullable = true);
                (on, Level::Optional { drafts: right.clone() })
            }
            J::Right(on) | J::RightOuter(on) | J::FullOuter(on) => {
                before.iter().chain(&right).for_each(|draft| self.drafts[*draft].nullable = true);
                (on, Level::Other)
            }
            _ => {
                self.refuse(Refusal::Clause("a join of another database"));
                return;
            }
        };
        let is_by_name = matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural);
        if is_by_name && self.schema.dialect() == Dialect::MySql && mysql::times_in_sight(self) {
            self.refuse(Refusal::Clause("a join by names where there are times of day"));
        }
        match constraint {
            JoinConstraint::On(condition) => joins.push((condition, level)),
            JoinConstraint::Using(columns) => {
                if let Some(namespace) = self.namespaces.last_mut() {
                    namespace.merged = true;
                }
                for name in columns.iter().filter_map(last_ident) {
                    self.use_column(None, name, Use::Filter);
                }
            }
            JoinConstraint::Natural => {
                if let Some(namespace) = self.namespaces.last_mut() {
                    namespace.merged = true;
                }
                // Which columns it compares depends on both relations.
                before.iter().chain(&right).for_each(|draft| self.use_all(*draft));
            }
            JoinConstraint::None => {}
        }
    }

    fn factor<'q>(&mut self, factor: &'q TableFactor, derived: Place, joins: &mut Vec<JoinCondition<'q>>) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version: None,
                with_ordinality: false,
                json_path: None,
                sample: None,
                partitions,
                ..
            } => {
                self.relation(name, alias.as_ref());
                // Which rows a partition holds is decided by columns that the text does not name.
                if !partitions.is_empty() {
                    self.use_everything_in_sight();
                }
            }
            TableFactor::Derived { subquery, alias, sample: None, .. } => {
                self.query(subquery, derived);
                let name = alias.as_ref().map(|alias| self.known_as(&alias.name)).unwrap_or_default();
                self.bind(&name, Bound::Derived);
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                let start = joins.len();
                self.read_item(table_with_joins, Place::Nested, joins);
                // How a filter inside the parentheses acts depends on the join outside.
                joins[start..].iter_mut().for_each(|(_, level)| *level = Level::Other);
            }
            _ => self.refuse(Refusal::Clause("a relation that is not a table, a view or a sub-query")),
        }
    }

    fn relation(&mut self, name: &ObjectName, alias: Option<&TableAlias>) {
        let Some(last) = last_ident(name) else {
            self.refuse(Refusal::UnknownRelation(name.to_string()));
            return;
        };
        let bound_name = self.known_as(alias.map_or(last, |alias| &alias.name));
        let renames = alias.is_some_and(|alias| !alias.columns.is_empty());
        if name.0.len() == 1 && self.ctes.contains(&self.known_as(last)) {
            self.bind(&bound_name, Bound::Derived);
            return;
        }
        match self.lookup(name) {
            Some(Relation::Table(table)) => {
                let draft = self.draft(table.id());
                if let Some(reason) = table.unstorable() {
                    self.refuse(Refusal::Unstorable(table.name().to_owned(), reason.to_owned()));
                }
                if renames {
                    self.drafts[draft].filters = Columns::All;
                    self.bind(&bound_name, Bound::Derived);
                } else {
                    self.bind(&bound_name, Bound::Table(draft));
                }
            }
            Some(Relation::View(view)) => {
                self.view(view.query());
                self.bind(&bound_name, Bound::Derived);
                if let Some(namespace) = self.namespaces.last_mut().filter(|_| !renames) {
                    let columns = view.columns().iter().map(|column| (bound_name.clone(), column.clone()));
                    namespace.shown.extend(columns);
                }
            }
            None => {
                self.refuse(Refusal::UnknownRelation(name.to_string()));
                self.bind(&bound_name, Bound::Derived);
            }
        }
    }

    /// The relation that a possibly qualified name stands for.
    pub(super) fn lookup(&self, name: &ObjectName) -> Option<Relation<'s>> {
        let part = |part: &ObjectNamePart| part.as_ident().map(|name| self.spelled(name));
        match name.0.as_slice() {
            [name] => self.schema.resolve(None, &part(name)?),
            [qualifier, name] => self.schema.resolve(Some(&part(qualifier)?), &part(name)?),
            _ => None,
        }
    }

    /// Reads the query that defines a view, out of sight of everything around its name.
    fn view(&mut self, text: &str) {
        match operates(self.schema, text) {
            Routine::Unknown => self.may_write = true,
            Routine::Volatile => self.refuse(Refusal::Clause("an operator that is not immutable")),
            Routine::Immutable | Routine::Aggregate => {}
        }
        let Some(query) = parse_query(self.schema, text) else {
            self.refuse(Refusal::NotUnderstood("a view's definition".to_owned()));
            return;
        };
        if self.schema.dialect() == Dialect::MySql {
            let statements = statements(self.schema, text).unwrap_or_default();
            self.may_write |= statements.iter().any(|tokens| mysql::shows_hidden(tokens));
        }
        self.may_write |= calls_unknown(self.schema, &query);
        let namespaces = std::mem::take(&mut self.namespaces);
        let ctes = std::mem::take(&mut self.ctes);
        self.query(&query, Place::Nested);
        self.namespaces = namespaces;
        self.ctes = ctes;
    }

    /// Notes every column that an expression uses and every call that it makes, and reads its sub-queries.
    pub(super) fn expression(&mut self, expression: &Expr, usage: Use) {
        if self.schema.dialect() == Dialect::MySql && mysql::depends_on_today(self, expression) {
            self.refuse(Refusal::Clause("a time of day beside what may be a date"));
        }
        let mut walk = Walk { names: self, usage, depth: 0, next: Place::Nested };
        let _ = expression.visit(&mut walk);
    }

    fn call(&mut self, function: &Function) {
        let name = function.name.to_string();
        match classify(self.schema, &function.name) {
            Routine::Immutable => {}
            Routine::Aggregate => {
                self.aggregates = true;
                self.folds_outside |= self.uses_outer_columns(function);
            }
            Routine::Volatile if mutation::is(Mutation::VolatileCallsAreCached) => {}
            Routine::Volatile => self.refuse(Refusal::Function(name)),
            Routine::Unknown => {
                self.may_write = true;
                self.refuse(Refusal::Function(name));
            }
        }
        if function.over.is_some() {
            self.aggregates = true;
        }
        if takes_rows(function) && !mutation::is(Mutation::RowsHaveNoColumns) {
            self.use_everything_in_sight();
        }
    }

    /// Whether a call in a sub-query names a column of a query around it: an aggregate of nothing else
    /// belongs to that query.
    fn uses_outer_columns(&self, function: &Function) -> bool {
        let innermost = self.own_drafts();
        let outer = sqlparser::ast::visit_expressions(&function.args, |expression| {
            let Some((qualifier, name)) = identifier(expression) else { return ControlFlow::Continue(()) };
            let found = self.resolve(qualifier, name);
            let is_unknown =
                found.is_empty() && self.namespaces.len() > 1 && !self.is_derived(qualifier, name);
            if is_unknown || found.iter().any(|column| !innermost.contains(&column.draft)) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        outer.is_break()
    }
}

/// Whether a call has rows among its arguments: `count(DISTINCT a.*)`. `count(*)` has none.
fn takes_rows(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.args.iter().any(|argument| {
        let (FunctionArg::Named { arg, .. }
        | FunctionArg::ExprNamed { arg, .. }
        | FunctionArg::Unnamed(arg)) = argument;
        match arg {
            FunctionArgExpr::Expr(_) => false,
            FunctionArgExpr::Wildcard => !function.name.to_string().eq_ignore_ascii_case("count"),
            _ => true,
        }
    })
}

/// Walks one expression; a sub-query is read as a query of its own and not walked into.
struct Walk<'w, 's> {
    names: &'w mut Names<'s>,
    usage: Use,
    depth: usize,
    /// What the next sub-query met is for.
    next: Place,
}

impl Walk<'_, '_> {
    /// A field of a row may be a call that writes.
    fn fields(&mut self, expression: &Expr) {
        let Expr::CompoundFieldAccess { access_chain, .. } = expression else { return };
        for access in access_chain {
            if let AccessExpr::Dot(Expr::Identifier(field)) = access {
                self.names.notation(Some(field), field);
            }
        }
    }
}

impl Visitor for Walk<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            let place = std::mem::replace(&mut self.next, Place::Nested);
            self.names.query(query, place);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expression {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                if self.names.schema.dialect() == Dialect::MySql {
                    if mysql::names_a_variable(expression) {
                        self.names.refuse(Refusal::Clause("a variable"));
                    } else if mysql::is_call(expression) {
                        self.names.refuse(Refusal::Function(expression.to_string()));
                    }
                }
                if let Some((qualifier, name)) = identifier(expression) {
                    self.names.use_column(qualifier, name, self.usage);
                }
            }
            Expr::Function(function) => self.names.call(function),
            Expr::Exists { .. } => self.next = Place::Counted,
            _ if self.names.schema.dialect() == Dialect::MySql && mysql::depends_on_more(expression) => {
                self.names.refuse(Refusal::Function(expression.to_string()));
            }
            // SQLite has the operators and leaves the functions behind them to the application.
            Expr::BinaryOp { op: op @ (BinaryOperator::Regexp | BinaryOperator::Match), .. }
                if self.names.schema.dialect() != Dialect::MySql =>
            {
                self.names.refuse(Refusal::Function(op.to_string()));
            }
            Expr::RLike { .. } if self.names.schema.dialect() == Dialect::Sqlite => {
                self.names.refuse(Refusal::Function("REGEXP".to_owned()));
            }
            Expr::QualifiedWildcard(..) | Expr::CompoundFieldAccess { .. } => {
                self.names.use_everything_in_sight();
                if self.names.schema.dialect() == Dialect::Postgres {
                    // `(article).full_name` may be a call.
                    self.names.refuse(Refusal::Clause("a field of a row"));
                    self.fields(expression);
                }
            }
            _ if self.names.schema.dialect() == Dialect::Postgres
                && reads_the_clock(self.names, expression) =>
            {
                self.names.refuse(Refusal::Clause("a text that may stand for the current time"));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

pub(super) fn last_ident(name: &ObjectName) -> Option<&Ident> {
    name.0.last().and_then(|part| part.as_ident())
}
