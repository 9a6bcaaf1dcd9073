//! A SELECT to its sources.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, LimitClause, OrderBy, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, UnaryOperator, WildcardAdditionalOptions,
};

use super::conditions::{Conditions, Level, column, identifier, same_type};
use super::names::{Bound, ColumnRef, Names, Namespace, Use};
use super::plan::{Fixed, Output, Partner, ReadPlan, Refusal, Returning, Source};
use crate::mutation::{self, Mutation};
use crate::schema::{ColumnId, ColumnSet, Columns};

/// Views and sub-queries nested deeper than this are not followed.
const MAX_DEPTH: usize = 32;

/// Whether a query's rows are the statement's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Outermost,
    /// Its rows feed another query.
    Nested,
    /// Only how many rows it has matters: `EXISTS (..)`, `SELECT COUNT(*) FROM (..)`.
    Counted,
}

impl Names<'_> {
    /// The plan of a reading statement.
    pub(super) fn read_plan(mut self, query: &Query) -> ReadPlan {
        let width = self.query(query, Place::Outermost);
        if self.drafts.is_empty() {
            self.refuse(Refusal::NoTable);
        }
        let schema = self.schema;
        let sources = self.drafts.into_iter().map(|draft| {
            let key = schema.table(draft.table).primary_key();
            let identified = draft.shown && width.is_some() && shows(&draft.outputs, key);
            let mut membership = draft.filters;
            if !mutation::is(Mutation::OrderIsNotMembership) {
                membership.extend(&draft.orders);
            }
            if !identified {
                membership.extend(&draft.payload);
            }
            Source {
                table: draft.table,
                fixed: draft.fixed,
                membership,
                payload: draft.payload,
                outputs: draft.outputs,
                identified,
                only_fixed: identified && draft.only_fixed,
                partner: draft.partner.filter(|_| identified),
                referenced_from: draft.referenced_from,
            }
        });
        let limited = query.limit_clause.is_some() || query.fetch.is_some();
        ReadPlan {
            sources: sources.collect(),
            width,
            limited,
            refusal: self.refusal,
            may_write: self.may_write,
        }
    }

    /// Reads a query; returns how many columns it has, if that is known.
    pub(super) fn query(&mut self, query: &Query, place: Place) -> Option<usize> {
        if self.depth >= MAX_DEPTH {
            self.refuse(Refusal::Clause("queries nested too deep"));
            return None;
        }
        self.depth += 1;
        let ctes = self.ctes.len();
        self.refuse_exotic(query);
        if let Some(with) = &query.with {
            // A recursive expression names itself, so all names are in force at once; a name that shadows a
            // table before its own definition would refer to the table, which its body then names too.
            for cte in &with.cte_tables {
                if !with.recursive {
                    self.query(&cte.query, Place::Nested);
                }
                self.ctes.push(cte.alias.name.value.to_ascii_lowercase());
                if with.recursive {
                    self.query(&cte.query, Place::Nested);
                }
            }
        }
        let width = match &*query.body {
            SetExpr::Select(select) => self.select(select, Some(query), place),
            body => {
                self.set_expression(body);
                self.namespaces.push(Namespace::default());
                if let Some(order) = &query.order_by {
                    self.ordering(order, &[]);
                }
                self.limits(query);
                self.namespaces.pop();
                None
            }
        };
        self.ctes.truncate(ctes);
        self.depth -= 1;
        width
    }

    fn set_expression(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                self.select(select, None, Place::Nested);
            }
            SetExpr::Query(query) => {
                self.query(query, Place::Nested);
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.set_expression(left);
                self.set_expression(right);
            }
            SetExpr::Values(values) => {
                for row in &values.rows {
                    row.content.iter().for_each(|value| self.expression(value, Use::Filter));
                }
            }
            _ => self.refuse(Refusal::NotASelect),
        }
    }

    /// `query` carries ORDER BY and LIMIT where they belong to this SELECT alone.
    fn select(&mut self, select: &Select, query: Option<&Query>, place: Place) -> Option<usize> {
        self.refuse_exotic_select(select);
        let aliases = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            _ => None,
        });
        self.namespaces.push(Namespace { aliases: aliases.collect(), ..Namespace::default() });
        let mut joins = Vec::new();
        let derived = if only_counts(select) { Place::Counted } else { Place::Nested };
        select.from.iter().for_each(|item| self.read_item(item, derived, &mut joins));

        let mut conditions = Conditions::default();
        for (on, level) in &joins {
            conditions.add(self, on, level);
            self.condition(on, level);
        }
        if let Some(filter) = &select.selection {
            conditions.add(self, filter, &Level::Filter);
            self.condition(filter, &Level::Filter);
        }

        let aggregates = std::mem::replace(&mut self.aggregates, false);
        let width = self.projection(&select.projection);
        let grouped = self.grouping(select, &select.projection);
        if let Some(order) = query.and_then(|query| query.order_by.as_ref()) {
            self.ordering(order, &select.projection);
        }
        if let Some(query) = query {
            self.limits(query);
        }
        let distinct = select.distinct.as_ref().is_some_and(|distinct| *distinct != Distinct::All);
        let aggregated = std::mem::replace(&mut self.aggregates, aggregates);
        let folded = grouped || distinct || aggregated || self.folds_outside;
        let limited = query.is_some_and(|query| query.limit_clause.is_some() || query.fetch.is_some());
        let skips = query.is_some_and(skips);

        let drafts = self.own_drafts();
        let alone = self.namespaces.last().is_some_and(|namespace| namespace.relations.len() == 1);
        for draft in drafts {
            let known = conditions.known(self, draft);
            let shown = place == Place::Outermost && !folded;
            let partner =
                if shown { self.partner(draft, &known.fixed, &known.joined, limited) } else { None };
            let partner = partner.filter(|partner| {
                *partner == Partner::Guaranteed || !limited || !self.moves_the_window(draft, skips)
            });
            let referenced_from = self.referencing(draft, &known.joined);
            let only_fixed = alone && !limited && conditions.only_fix(draft);
            let draft = &mut self.drafts[draft];
            if place == Place::Counted && !distinct {
                draft.payload = Columns::default();
            }
            draft.fixed = known.fixed;
            draft.only_fixed = only_fixed;
            draft.shown = shown;
            draft.partner = partner;
            draft.referenced_from = referenced_from;
        }
        self.namespaces.pop();
        width
    }

    /// Reads a condition, and notes which drafts of this SELECT it names beside those whose own ON it is.
    fn condition(&mut self, condition: &Expr, level: &Level) {
        let own = self.own_drafts();
        let before: Vec<Columns> =
            own.iter().map(|draft| std::mem::take(&mut self.drafts[*draft].filters)).collect();
        self.expression(condition, Use::Filter);
        for (index, before) in own.into_iter().zip(before) {
            let draft = &mut self.drafts[index];
            let is_own = matches!(level, Level::Optional { drafts } if drafts.as_slice() == [index]);
            draft.decides |= draft.filters != Columns::default() && !is_own;
            draft.filters.extend(&before);
        }
    }

    /// Whether the death of a partner that the result does not show may change which rows a limit chooses: an
    /// inner join loses a row that was passed over, a left join sorts it anew.
    fn moves_the_window(&self, draft: usize, skips: bool) -> bool {
        let draft = &self.drafts[draft];
        if draft.nullable { draft.orders != Columns::default() } else { skips }
    }

    /// Where the result shows the columns that are joined to this draft.
    fn referencing(&self, draft: usize, joined: &[(ColumnId, ColumnRef)]) -> Vec<usize> {
        let outputs = joined.iter().filter(|(_, other)| other.draft != draft).filter_map(|(_, other)| {
            let mut outputs = self.drafts[other.draft].outputs.iter();
            outputs.find(|output| output.column == other.column).map(|output| output.position)
        });
        outputs.collect()
    }

    /// Notes the columns that a list of select items shows; returns how many columns it makes.
    fn projection(&mut self, items: &[SelectItem]) -> Option<usize> {
        let mut position = Some(0);
        for item in items {
            let made = match item {
                SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. } => {
                    match column(self, expression) {
                        Some(found) => self.show(found.draft, found.column, position),
                        None => self.expression(expression, Use::Filter),
                    }
                    Some(1)
                }
                SelectItem::Wildcard(options) => {
                    self.refuse_wildcard_options(options);
                    let relations = self
                        .namespaces
                        .last()
                        .map(|namespace| namespace.relations.clone())
                        .unwrap_or_default();
                    let merged = self.namespaces.last().is_some_and(|namespace| namespace.merged);
                    let start = position.filter(|_| !merged);
                    self.show_all(relations.into_iter().map(|(_, bound)| bound), start)
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    self.refuse_wildcard_options(options);
                    let qualifier = name.0.last().and_then(|part| part.as_ident());
                    let bound = qualifier.and_then(|qualifier| self.bound_to(qualifier));
                    match bound {
                        Some(bound) => self.show_all([bound], position),
                        None => {
                            self.use_everything_in_sight();
                            None
                        }
                    }
                }
                _ => {
                    self.refuse(Refusal::Clause("a select item that is not modelled"));
                    None
                }
            };
            position = position.zip(made).map(|(position, made)| position + made);
        }
        position
    }

    fn bound_to(&self, qualifier: &Ident) -> Option<Bound> {
        let namespace = self.namespaces.last()?;
        let found = namespace.relations.iter().find(|(alias, _)| qualifier.value.eq_ignore_ascii_case(alias));
        found.map(|(_, bound)| *bound)
    }

    fn show(&mut self, draft: usize, column: ColumnId, position: Option<usize>) {
        let draft = &mut self.drafts[draft];
        draft.payload.insert(column);
        if let Some(position) = position {
            draft.outputs.push(Output { column, position });
        }
    }

    fn show_all(&mut self, bounds: impl IntoIterator<Item = Bound>, start: Option<usize>) -> Option<usize> {
        let mut made = start.map(|_| 0);
        for bound in bounds {
            match bound {
                Bound::Derived => made = None,
                Bound::Table(draft) => {
                    let columns = self.table(draft).columns().len();
                    for index in 0..columns {
                        let position = start.zip(made).map(|(start, made)| start + made + index);
                        self.show(draft, ColumnId::from_index(index), position);
                    }
                    made = made.map(|made| made + columns);
                }
            }
        }
        made
    }

    fn grouping(&mut self, select: &Select, projection: &[SelectItem]) -> bool {
        let mut grouped = select.having.is_some();
        match &select.group_by {
            GroupByExpr::Expressions(expressions, modifiers) => {
                grouped |= !expressions.is_empty() || !modifiers.is_empty();
                if !modifiers.is_empty() {
                    self.refuse(Refusal::Clause("GROUP BY with modifiers"));
                }
                expressions.iter().for_each(|expression| self.by(expression, projection, Use::Filter));
            }
            GroupByExpr::All(_) => self.refuse(Refusal::Clause("GROUP BY ALL")),
        }
        if let Some(having) = &select.having {
            self.by(having, projection, Use::Filter);
        }
        grouped
    }

    fn ordering(&mut self, order: &OrderBy, projection: &[SelectItem]) {
        match &order.kind {
            OrderByKind::Expressions(expressions) => {
                for item in expressions {
                    self.by(&item.expr, projection, Use::Order);
                    if item.with_fill.is_some() {
                        self.refuse(Refusal::Clause("WITH FILL"));
                    }
                }
            }
            OrderByKind::All(_) => self.refuse(Refusal::Clause("ORDER BY ALL")),
        }
        if order.interpolate.is_some() {
            self.refuse(Refusal::Clause("INTERPOLATE"));
        }
    }

    /// An expression of ORDER BY, GROUP BY or HAVING, where a number or an alias stands for a select item.
    fn by(&mut self, expression: &Expr, projection: &[SelectItem], usage: Use) {
        let alias = |name: &Ident| {
            projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias }
                    if alias.value.eq_ignore_ascii_case(&name.value) =>
                {
                    Some(expr)
                }
                _ => None,
            })
        };
        match unwrapped(expression) {
            Expr::Value(_) => self.own_drafts().into_iter().for_each(|draft| {
                let payload = self.drafts[draft].payload.clone();
                let draft = &mut self.drafts[draft];
                match usage {
                    Use::Filter => draft.filters.extend(&payload),
                    Use::Order => draft.orders.extend(&payload),
                }
            }),
            inner => {
                if let Some((None, name)) = identifier(inner)
                    && let Some(aliased) = alias(name)
                {
                    self.expression(aliased, usage);
                    // The name may also be a column: both count as used.
                    if self.resolve(None, name).is_empty() {
                        return;
                    }
                }
                self.expression(expression, usage);
            }
        }
    }

    fn limits(&mut self, query: &Query) {
        match &query.limit_clause {
            None => {}
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                limit.iter().for_each(|limit| self.expression(limit, Use::Filter));
                offset.iter().for_each(|offset| self.expression(&offset.value, Use::Filter));
                if !limit_by.is_empty() {
                    self.refuse(Refusal::Clause("LIMIT BY"));
                }
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                self.expression(offset, Use::Filter);
                self.expression(limit, Use::Filter);
            }
        }
    }

    /// Rows of this draft matter only as partners of other drafts' rows if its whole key is joined, nothing
    /// else of it filters, and a limit does not let its order choose.
    fn partner(
        &self,
        draft: usize,
        fixed: &[Fixed],
        joined: &[(ColumnId, ColumnRef)],
        limited: bool,
    ) -> Option<Partner> {
        let table = self.table(draft);
        let key = table.primary_key();
        // A partner that an outer join may leave out may die unseen, and so must not decide which rows there
        // are.
        let merged = self.namespaces.last().is_some_and(|namespace| namespace.merged);
        if self.drafts[draft].nullable && (self.drafts[draft].decides || merged) {
            return None;
        }
        let whole_key =
            !key.is_empty() && key.iter().all(|column| joined.iter().any(|(joined, _)| joined == column));
        let key_set: ColumnSet = key.iter().copied().collect();
        let within_key = |columns: &Columns| match columns {
            Columns::All => false,
            Columns::Some(set) => set.iter().all(|column| key_set.contains(column)),
        };
        let unfiltered = within_key(&self.drafts[draft].filters)
            && fixed.iter().all(|fixed| key_set.contains(fixed.column))
            && (!limited || within_key(&self.drafts[draft].orders));
        let unfiltered = unfiltered || mutation::is(Mutation::FilteredPartnersAreUnfiltered);
        (whole_key && unfiltered).then(|| {
            let guaranteed = joined.iter().any(|(_, other)| {
                self.table(other.draft).foreign_keys().iter().any(|foreign| {
                    foreign.references() == Some(table.id())
                        && foreign.referenced().len() == key.len()
                        && foreign.columns().iter().zip(foreign.referenced()).all(|(from, to)| {
                            key.contains(to)
                                && joined.iter().any(|(mine, theirs)| {
                                    // The join may find more partners than the key if it compares otherwise.
                                    let column = ColumnRef { draft, column: *mine, exact: true };
                                    mine == to
                                        && theirs.draft == other.draft
                                        && theirs.column == *from
                                        && same_type(self, column, *theirs)
                                })
                        })
                })
            });
            if guaranteed { Partner::Guaranteed } else { Partner::Possible }
        })
    }

    /// What a RETURNING clause shows of the table that is bound alone.
    pub(super) fn returning(&mut self, items: &[SelectItem]) -> Returning {
        let width = self.projection(items);
        let outputs = self.own_drafts().first().map(|draft| self.drafts[*draft].outputs.clone());
        Returning { outputs: outputs.unwrap_or_default(), width }
    }

    fn refuse_wildcard_options(&mut self, options: &WildcardAdditionalOptions) {
        let plain = WildcardAdditionalOptions {
            wildcard_token: options.wildcard_token.clone(),
            ..WildcardAdditionalOptions::default()
        };
        if *options != plain {
            self.refuse(Refusal::Clause("a wildcard with options"));
        }
    }

    fn refuse_exotic(&mut self, query: &Query) {
        if !query.locks.is_empty() {
            self.refuse(Refusal::Locking);
        }
        let exotic = query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if exotic {
            self.refuse(Refusal::Clause("a clause of another database"));
        }
    }

    fn refuse_exotic_select(&mut self, select: &Select) {
        if select.into.is_some() {
            self.may_write = true;
            self.refuse(Refusal::Clause("SELECT INTO"));
        }
        let exotic = select.top.is_some()
            || select.exclude.is_some()
            || !select.lateral_views.is_empty()
            || select.prewhere.is_some()
            || !select.connect_by.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
            || select.qualify.is_some()
            || select.value_table_mode.is_some();
        if exotic {
            self.refuse(Refusal::Clause("a clause of another database"));
        }
        if let Some(Distinct::On(expressions)) = &select.distinct {
            expressions.iter().for_each(|expression| self.expression(expression, Use::Filter));
        }
        if !select.named_window.is_empty() {
            // A window's own columns are in the calls that name it only by reference.
            self.refuse(Refusal::Clause("named windows"));
        }
    }
}

/// Whether a query passes over rows before those that it returns.
fn skips(query: &Query) -> bool {
    match &query.limit_clause {
        Some(LimitClause::LimitOffset { offset, .. }) => offset.is_some(),
        Some(LimitClause::OffsetCommaLimit { .. }) => true,
        None => false,
    }
}

/// An expression of ORDER BY or GROUP BY without what SQLite looks through for a number or an alias.
fn unwrapped(expression: &Expr) -> &Expr {
    match expression {
        Expr::Nested(inner) => unwrapped(inner),
        Expr::Collate { expr, .. } => unwrapped(expr),
        Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus, expr } => unwrapped(expr),
        _ => expression,
    }
}

/// Whether a SELECT does nothing with its FROM clause but count rows.
fn only_counts(select: &Select) -> bool {
    let counts = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::Function(call))
        | SelectItem::ExprWithAlias { expr: Expr::Function(call), .. } => {
            call.to_string().eq_ignore_ascii_case("count(*)")
        }
        _ => false,
    };
    select.projection.iter().all(counts)
        && select.selection.is_none()
        && select.having.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        && matches!(select.from.as_slice(), [item] if item.joins.is_empty())
}

fn shows(outputs: &[Output], key: &[ColumnId]) -> bool {
    !key.is_empty() && key.iter().all(|column| outputs.iter().any(|output| output.column == *column))
}
