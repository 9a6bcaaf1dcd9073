//! Typed reads of one entity.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order as Direction};
use sea_orm::{DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use super::Family;
use super::answer::{Answer, Order};
use super::filter::Filter;
use super::through::{Entity, Page, Through};
use crate::backend::Backend;
use crate::literal::Type;
use crate::rng::Rng;
use crate::with_entity;
use crate::world::{Column, Role, Table, Theme};

/// How the read ends.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// All models.
    All,
    /// The first model.
    One,
    /// How many.
    Count,
    /// Whether there is one.
    Exists,
    /// A page of a paginator.
    Page(Page),
    /// The rows as JSON.
    Json,
    /// Two columns as a tuple: one of text, one of numbers.
    Tuples(Column, Column),
    /// The different values of a column.
    Distinct(Column),
    /// For each value of the first column: the count, and the sum and maximum of the second.
    Groups(Column, Column, Option<i64>),
}

/// A read of one entity.
#[derive(Clone, Debug)]
pub struct Find {
    /// The database that it is for.
    pub backend: Backend,
    /// The entity.
    pub table: Table,
    /// Which rows.
    pub filter: Option<Filter>,
    /// By which columns they are ordered; the key is added where the order must be total.
    pub order: Vec<(Column, Direction)>,
    /// How many of them.
    pub limit: Option<u64>,
    /// After how many others.
    pub offset: Option<u64>,
    /// How the read ends.
    pub form: Form,
}

impl Find {
    /// Any read of any entity.
    pub fn random(theme: &Theme, rng: &mut Rng) -> Self {
        let table = theme.table(rng);
        let filter = match rng.below(10) {
            0 => None,
            1..=5 => Some(Filter::scope(table, theme, rng)),
            _ => Some(Filter::random(table, theme, 2, rng)),
        };
        let direction = |rng: &mut Rng| if rng.chance(50) { Direction::Asc } else { Direction::Desc };
        let order = (0..rng.weighted(&[(50, 0), (40, 1), (10, 2)]))
            .map(|_| (rng.pick(table.columns()), direction(rng)))
            .collect();
        let limit = rng.chance(30).then(|| 1 + rng.below(4) as u64);
        let offset = limit.filter(|_| rng.chance(40)).map(|_| rng.below(4) as u64);
        let form = Form::random(table, rng);
        Self { backend: theme.backend(), table, filter, order, limit, offset, form }
    }

    /// The rows of a filter, in no order.
    #[must_use]
    pub fn of(theme: &Theme, table: Table, filter: Filter, form: Form) -> Self {
        let (backend, filter) = (theme.backend(), Some(filter));
        Self { backend, table, filter, order: Vec::new(), limit: None, offset: None, form }
    }

    /// The row with a key, which may not be there; now and then with further conditions.
    pub fn look_up(table: Table, theme: &Theme, rng: &mut Rng) -> Self {
        let mut filter = Filter::key(table, &theme.key(table, rng));
        if rng.chance(25) {
            filter = Filter::All(vec![filter, Filter::scope(table, theme, rng)]);
        }
        let form = rng.weighted(&[(70, Form::One), (15, Form::All), (10, Form::Exists), (5, Form::Count)]);
        Self::of(theme, table, filter, form)
    }

    /// The select, without its end.
    fn select<E: EntityTrait>(&self) -> Select<E> {
        let mut select = E::find();
        if let Some(filter) = &self.filter {
            select = select.filter(filter.condition(self.table));
        }
        let grouped = matches!(self.form, Form::Distinct(_) | Form::Groups(..));
        let ordered = !grouped || self.backend.orders_by_the_hidden();
        for (column, direction) in self.order.iter().filter(|_| ordered) {
            select = select.order_by(self.col(column), direction.clone());
        }
        if self.order() == Order::Total {
            for column in self.table.key() {
                select = select.order_by(self.col(&column), Direction::Asc);
            }
        }
        match self.form {
            Form::Tuples(text, number) => {
                select.select_only().column_as(self.col(&text), "text").column_as(self.col(&number), "number")
            }
            Form::Distinct(column) => select
                .select_only()
                .column_as(self.col(&column), "value")
                .column_as(Expr::val(1_i64), "one")
                .distinct(),
            Form::Groups(by, of, having) => {
                let select = select
                    .select_only()
                    .column_as(self.col(&by), "value")
                    .column_as(Expr::val(1).count(), "size")
                    .column_as(self.sum(&of), "sum")
                    .column_as(self.col(&of).max(), "largest")
                    .group_by(self.col(&by));
                match having {
                    Some(least) => select.having(Expr::val(1).count().gte(least)),
                    None => select,
                }
            }
            _ => select.limit(self.limit).offset(self.offset),
        }
    }

    /// The sum as a 64-bit number, which it is of itself in some databases only.
    fn sum(&self, column: &Column) -> Expr {
        let sum = self.col(column).sum();
        match self.backend.cast() {
            None => sum,
            Some(cast) => sum.cast_as(cast),
        }
    }

    fn col(&self, column: &Column) -> Expr {
        Expr::col((Alias::new(self.table.name()), Alias::new(column.name)))
    }

    /// Rows that depend on the order need a total one.
    fn order(&self) -> Order {
        let limited = self.limit.is_some() || matches!(self.form, Form::One | Form::Page(_));
        // The order of groups and of distinct values is not asked for.
        let ordered = limited || !self.order.is_empty();
        if ordered && !matches!(self.form, Form::Distinct(_) | Form::Groups(..)) {
            Order::Total
        } else {
            Order::Unspecified
        }
    }

    /// Runs the read.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn run(&self, through: &impl Through) -> Result<Answer, DbErr> {
        with_entity!(self.table, entity => self.run_as::<entity::Entity>(through).await)
    }

    async fn run_as<E: Entity>(&self, through: &impl Through) -> Result<Answer, DbErr> {
        let select = self.select::<E>();
        let order = self.order();
        Ok(match self.form {
            Form::All => Answer::of(through.all(select).await?, order),
            Form::One => Answer::of(through.one(select).await?, order),
            Form::Count => Answer::of([through.count(select).await?], order),
            Form::Exists => Answer::of([through.exists(select).await?], order),
            Form::Page(page) => Answer::of(through.page(select, page).await?, order),
            Form::Json => Answer::of(through.json(select).await?, order),
            Form::Tuples(..) => {
                Answer::of(through.tuples::<E, (Option<String>, Option<i64>)>(select).await?, order)
            }
            Form::Distinct(column) if column.of() == Type::Text => {
                Answer::of(through.tuples::<E, (Option<String>, i64)>(select).await?, order)
            }
            Form::Distinct(column) if column.of() == Type::Bool => {
                Answer::of(through.tuples::<E, (Option<bool>, i64)>(select).await?, order)
            }
            Form::Distinct(_) => Answer::of(through.tuples::<E, (Option<i64>, i64)>(select).await?, order),
            Form::Groups(by, ..) if by.of() == Type::Text => {
                Answer::of(through.tuples::<E, Group<String>>(select).await?, order)
            }
            Form::Groups(by, ..) if by.of() == Type::Bool => {
                Answer::of(through.tuples::<E, Group<bool>>(select).await?, order)
            }
            Form::Groups(..) => Answer::of(through.tuples::<E, Group<i64>>(select).await?, order),
        })
    }

    /// What it is for.
    #[must_use]
    pub fn family(&self) -> Family {
        match self.form {
            Form::Count | Form::Exists => Family::Count,
            Form::Distinct(_) | Form::Groups(..) => Family::Aggregate,
            Form::One => Family::LookUp,
            Form::Page(_) => Family::Page,
            _ if self.limit.is_some() => Family::Page,
            _ => Family::List,
        }
    }

    /// The SQL, for messages.
    #[must_use]
    pub fn sql(&self) -> String {
        let sql = with_entity!(self.table, entity => self.select::<entity::Entity>().build(self.backend.db_backend()));
        sql.to_string()
    }
}

type Group<T> = (Option<T>, i64, Option<i64>, Option<i64>);

impl Form {
    fn random(table: Table, rng: &mut Rng) -> Self {
        let of =
            |of: Type| table.columns().iter().filter(|column| column.of() == of).copied().collect::<Vec<_>>();
        let (texts, numbers) = (of(Type::Text), of(Type::Int));
        let any = rng.pick(table.columns());
        let grouped =
            table.columns().iter().filter(|column| column.role != Role::Key).copied().collect::<Vec<_>>();
        match rng.below(100) {
            0..=39 => Self::All,
            40..=49 => Self::One,
            50..=61 => Self::Count,
            62..=64 => Self::Exists,
            65..=72 => Self::Page(Page { size: 1 + rng.below(3) as u64, number: rng.below(3) as u64 }),
            73..=77 => Self::Json,
            78..=84 if !texts.is_empty() && !numbers.is_empty() => {
                Self::Tuples(rng.pick(&texts), rng.pick(&numbers))
            }
            85..=91 => Self::Distinct(any),
            _ if !numbers.is_empty() => {
                Self::Groups(rng.pick(&grouped), rng.pick(&numbers), rng.chance(30).then_some(2))
            }
            _ => Self::All,
        }
    }
}
